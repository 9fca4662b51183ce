/* The name servers that block lists are asked through. */
#include "command_output.h"
#include "doctor_checks.h"
#include "setting_value.h"

enum { RESOLV_CONF_BYTES_MAX = 65536 };

static bool is_public_resolver(struct slice text)
{
    static const char *const known[] = {
        "8.8.8.8",        "8.8.4.4",         "2001:4860:4860::8888", "2001:4860:4860::8844", /* Google */
        "1.1.1.1",        "1.0.0.1",         "2606:4700:4700::1111", "2606:4700:4700::1001", /* Cloudflare */
        "9.9.9.9",        "149.112.112.112", "2620:fe::fe",          "2620:fe::9",           /* Quad9 */
        "208.67.222.222", "208.67.220.220",                                                  /* OpenDNS */
    };
    struct ip_address address, other;
    if (!ip_address_parse(text, &address))
        return false;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (ip_address_parse(slice_of(known[i]), &other) && ip_address_equal(&address, &other))
            return true;
    return false;
}

static void report_public(const struct doctor *doctor, const char *place, struct slice server)
{
    struct doctor_finding *finding = doctor_report_add(
        doctor->report, DOCTOR_WARNING, "public_resolver",
        "Spamhaus and others do not answer such resolvers, or with an error that looks like a "
        "listing: closedrelay then counts the list as unknown and nobody is found on it. Run a "
        "resolver of your own (unbound needs no configuration).");
    strbuf_append_text(&finding->where, place);
    strbuf_printf(&finding->what, "the block list %s is asked through the public resolver ",
                  doctor->needs.block_list);
    strbuf_append_slice(&finding->what, server);
    strbuf_append_text(&finding->change, "# closedrelay.yaml\ndns: { servers: [127.0.0.1:53] }");
}

static void check_resolv_conf(const struct doctor *doctor, struct slice content)
{
    for (size_t end; content.length > 0; content = slice_part(content, end, content.length)) {
        end = slice_find(content, '\n');
        struct slice line = slice_part(content, 0, end), word;
        end += end < content.length;
        if (setting_next_word(&line, &word) && slice_equal(word, slice_of("nameserver")) &&
            setting_next_word(&line, &word) && is_public_resolver(word)) {
            report_public(doctor, doctor->needs.resolv_conf, word);
            return;
        }
    }
}

void resolver_check(const struct doctor *doctor)
{
    const struct config_endpoint_list *servers = &doctor->needs.name_servers;
    if (doctor->needs.block_list == NULL)
        return;
    for (size_t i = 0; i < servers->count; i++)
        if (is_public_resolver(slice_of(servers->items[i].host))) {
            report_public(doctor, "closedrelay.yaml, dns.servers", slice_of(servers->items[i].host));
            return;
        }
    struct strbuf content;
    strbuf_init(&content, RESOLV_CONF_BYTES_MAX);
    if (servers->count == 0 && file_content(doctor->needs.resolv_conf, &content))
        check_resolv_conf(doctor, strbuf_slice(&content));
    strbuf_deinit(&content);
}
