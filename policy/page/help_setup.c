/* How programs are set up for this server. */
#include "check/relay/relay.h"
#include "config/sets.h"
#include "page/help_page.h"
#include "page/help_texts.h"

#include <inttypes.h>
#include <talloc.h>

/* Steps of one program, in their order. */
static const struct program {
    const char *anchor;
    enum page_word name, steps[3];
    size_t count;
} programs[] = {
    {"outlook", PAGE_outlook, {PAGE_outlook_1, PAGE_outlook_2, PAGE_outlook_3}, 3},
    {"thunderbird", PAGE_thunderbird, {PAGE_thunderbird_1, PAGE_thunderbird_2}, 2},
    {"apple-mail", PAGE_apple_mail, {PAGE_apple_mail_1, PAGE_apple_mail_2}, 2},
    {"iphone", PAGE_iphone, {PAGE_iphone_1, PAGE_iphone_2}, 2},
    {"android", PAGE_android, {PAGE_android_1, PAGE_android_2}, 2},
    {"k9", PAGE_k9, {PAGE_k9_1, PAGE_k9_2}, 2},
    {"printer", PAGE_printer, {PAGE_printer_1, PAGE_printer_2, PAGE_printer_3}, 3},
    {"wordpress", PAGE_wordpress, {PAGE_wordpress_1, PAGE_wordpress_2, PAGE_wordpress_3}, 3},
};

static bool take_first(void *context, const char *domain)
{
    const char **first = context;
    if (domain[0] == '.')
        return true;
    *first = domain;
    return false;
}

/* A domain for examples: one that the server is for. */
static const char *example_domain(const struct help_page *page)
{
    const char *domain = "example.com";
    text_set_each(snapshot_relay_settings(page->snapshot)->local_domains, take_first, &domain);
    return domain;
}

static void add_value(struct help_page *page, enum page_word name, const char *text)
{
    help_add(page, HELP_VALUE, "", help_word(page, name), text);
}

static void add_values(struct help_page *page)
{
    const struct page_settings *settings = page->settings;
    const bool has_both = settings->submission_port != 0 && settings->smtps_port != 0;
    add_value(page, PAGE_value_server, page->host);
    add_value(
        page, PAGE_value_port,
        help_words(page, has_both ? PAGE_value_ports : PAGE_value_one_port,
                   (const struct reply_value[]){reply_count("submission_port", settings->submission_port),
                                                reply_count("smtps_port", settings->smtps_port),
                                                reply_count("port", help_port(page)),
                                                reply_text("security", help_security(page)),
                                                {0}}));
    add_value(page, PAGE_value_auth, help_word(page, PAGE_value_auth_text));
    add_value(page, PAGE_value_user,
              help_words(page, PAGE_value_user_text,
                         (const struct reply_value[]){reply_text("domain", example_domain(page)), {0}}));
    if (settings->imap_host[0] != '\0')
        add_value(page, PAGE_value_incoming,
                  help_words(page, PAGE_value_incoming_text,
                             (const struct reply_value[]){reply_text("imap_host", settings->imap_host),
                                                          reply_count("imap_port", settings->imap_port),
                                                          {0}}));
    if (settings->webmail[0] != '\0')
        add_value(page, PAGE_value_webmail, settings->webmail);
}

static void add_program(struct help_page *page, const struct program *program)
{
    help_add(page, HELP_SUBHEADING, program->anchor, "", help_word(page, program->name));
    for (size_t i = 0; i < program->count; i++)
        help_say(page, HELP_STEP, program->steps[i],
                 (const struct reply_value[]){reply_text("host", page->host),
                                              reply_count("port", help_port(page)),
                                              reply_text("security", help_security(page)),
                                              {0}});
}

static void add_php(struct help_page *page)
{
    const bool is_starttls = page->settings->submission_port != 0;
    const char *domain = example_domain(page);
    const char *code =
        talloc_asprintf(page->owner,
                        "$mail = new PHPMailer\\PHPMailer\\PHPMailer(true);\n"
                        "$mail->isSMTP();\n"
                        "$mail->Host = '%s';\n"
                        "$mail->Port = %" PRIu64 ";\n"
                        "$mail->SMTPSecure = PHPMailer\\PHPMailer\\PHPMailer::%s;\n"
                        "$mail->SMTPAuth = true;\n"
                        "$mail->Username = 'web@%s';\n"
                        "$mail->Password = getenv('SMTP_PASSWORD');\n"
                        "$mail->setFrom('web@%s');\n"
                        "$mail->addReplyTo($visitor);",
                        page->host, help_port(page), is_starttls ? "ENCRYPTION_STARTTLS" : "ENCRYPTION_SMTPS",
                        domain, domain);
    page->failed = page->failed || code == NULL;
    help_add(page, HELP_SUBHEADING, "php", "", help_word(page, PAGE_php));
    help_add(page, HELP_TEXT, "", "", help_word(page, PAGE_php_1));
    help_add(page, HELP_CODE, "", "", code == NULL ? "" : code);
}

void help_add_setup(struct help_page *page)
{
    help_heading(page, "setup", PAGE_setup);
    help_add(page, HELP_TEXT, "", "", help_word(page, PAGE_setup_values));
    add_values(page);
    for (size_t i = 0; i < sizeof programs / sizeof programs[0]; i++)
        add_program(page, &programs[i]);
    add_php(page);
}
