/* What is asked of MTAs that offer all, some or nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "callbacks/negotiate.h"

#include <libmilter/mfapi.h>

enum { ALL_STEPS = 0x1fffff, ALL_ACTIONS = 0x1ff };

static void only_mail_rcpt_and_the_end_are_answered(void **state)
{
    (void)state;
    struct negotiation chosen =
        negotiation_decide((struct negotiation){ALL_ACTIONS, ALL_STEPS}, false, false);
    assert_int_equal(chosen.steps, SMFIP_NODATA | SMFIP_NOUNKNOWN | SMFIP_NR_CONN | SMFIP_NR_HELO |
                                       SMFIP_NR_HDR | SMFIP_NR_EOH | SMFIP_NR_BODY);
    assert_int_equal(chosen.actions, SMFIF_ADDHDRS | SMFIF_DELRCPT | SMFIF_QUARANTINE | SMFIF_SETSYMLIST);
}

static void connection_is_answered_to_be_refused(void **state)
{
    (void)state;
    struct negotiation chosen = negotiation_decide((struct negotiation){ALL_ACTIONS, ALL_STEPS}, true, false);
    assert_int_equal(chosen.steps & SMFIP_NR_CONN, 0);
    assert_int_equal(chosen.steps & SMFIP_NOCONNECT, 0);
}

static void skip_takes_the_place_of_silence(void **state)
{
    (void)state;
    struct negotiation chosen =
        negotiation_decide((struct negotiation){ALL_ACTIONS, ALL_STEPS & ~SMFIP_NR_BODY}, false, false);
    assert_int_equal(chosen.steps & (SMFIP_SKIP | SMFIP_NR_BODY), SMFIP_SKIP);
}

/* Where an answer to a piece of the body may be mistaken, each piece has one, and the same. */
static void body_is_answered_where_it_must_be(void **state)
{
    (void)state;
    struct negotiation chosen = negotiation_decide((struct negotiation){ALL_ACTIONS, ALL_STEPS}, false, true);
    assert_int_equal(chosen.steps & (SMFIP_SKIP | SMFIP_NR_BODY), 0);
}

static void every_subset_is_respected(void **state)
{
    (void)state;
    for (unsigned long steps = 0; steps <= ALL_STEPS; steps += 97) {
        struct negotiation chosen =
            negotiation_decide((struct negotiation){steps & ALL_ACTIONS, steps}, false, false);
        assert_int_equal(chosen.steps & ~steps, 0);
        assert_int_equal(chosen.actions & ~(steps & ALL_ACTIONS), 0);
        /* Never: a MAIL, RCPT, header or body that is not sent, refused recipients, spaces in values. */
        assert_int_equal(chosen.steps &
                             (SMFIP_NOCONNECT | SMFIP_NOHELO | SMFIP_NOMAIL | SMFIP_NORCPT | SMFIP_NOBODY |
                              SMFIP_NOHDRS | SMFIP_NOEOH | SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_RCPT_REJ |
                              SMFIP_HDR_LEADSPC | SMFIP_NR_DATA | SMFIP_NR_UNKN),
                         0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_mail_rcpt_and_the_end_are_answered),
        cmocka_unit_test(connection_is_answered_to_be_refused),
        cmocka_unit_test(skip_takes_the_place_of_silence),
        cmocka_unit_test(body_is_answered_where_it_must_be),
        cmocka_unit_test(every_subset_is_respected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
