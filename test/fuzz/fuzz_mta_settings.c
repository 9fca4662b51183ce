/* What doctor reads of the MTA: postconf's output and sendmail.cf. */
#include "doctor/postfix_restrictions.h"
#include "doctor/postfix_settings.h"
#include "doctor/sendmail_cf.h"
#include "doctor/setting_value.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = slice_make((const char *)data, size), rest = input, word;
    struct postfix_settings settings;
    struct sendmail_cf cf;
    if (postfix_settings_read(&settings, input))
        for (size_t i = 0; i < settings.service_count; i++) {
            postfix_service_setting(&settings, &settings.services[i], "smtpd_milters", NULL);
            postfix_service_is_loopback(&settings, &settings.services[i]);
            postfix_service_is_submission(&settings.services[i]);
            postfix_relays(&settings, &settings.services[i], RELAY_STRANGER);
        }
    postfix_settings_deinit(&settings);
    if (sendmail_cf_read(&cf, input) && sendmail_filter(&cf, slice_of("closedrelay")) == NULL)
        sendmail_has_feature(&cf, "promiscuous_relay");
    free(sendmail_map_path(&cf, "access"));
    sendmail_next_class(&cf, 'C', "w", &(size_t){0});
    sendmail_cf_deinit(&cf);
    while (setting_next_word(&rest, &word))
        setting_option(word, "S", &(struct slice){0});
    return 0;
}
