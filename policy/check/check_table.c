/* The one list of checks, in the order in which they are asked and documented. */
#include "check/check.h"

#include "check/account/account.h"
#include "check/attachments/attachments.h"
#include "check/blocks.h"
#include "check/dnsbl/dnsbl.h"
#include "check/rates/rates.h"
#include "check/recipients.h"
#include "check/relay/relay.h"
#include "check/sender/sender.h"
#include "check/size.h"

const struct check *const check_table[] = {
    &relay_check,       &sender_check, &blocks_check, &recipients_check, &size_check,
    &attachments_check, &dnsbl_check,  &rates_check,  &account_check,    NULL,
};

_Static_assert(sizeof check_table / sizeof check_table[0] <= CHECK_COUNT_MAX + 1,
               "CHECK_COUNT_MAX is too small");

size_t check_index(const struct check *check)
{
    size_t index = 0;
    while (check_table[index] != check)
        index++;
    return index;
}
