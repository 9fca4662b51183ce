#include "words/page_settings.h"

static const struct config_choice port_25_choices[] = {
    {"open", PAGE_PORT_25_OPEN, "the page says nothing of it"},
    {"blocked", PAGE_PORT_25_BLOCKED, "the provider's network lets no connection to it out"},
    {"redirected", PAGE_PORT_25_REDIRECTED,
     "such connections are led to this server; the page says how to see that"},
    {0},
};

#define PAGE_TEXT(key, member, words)                                                                        \
    {                                                                                                        \
        .name = (key), .type = &config_type_text, .offset = offsetof(struct page_settings, member),          \
        .default_text = "", .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY, .text = (words)                    \
    }

#define PAGE_PORT(key, member, number, words)                                                                \
    {                                                                                                        \
        .name = (key), .type = &config_type_count, .offset = offsetof(struct page_settings, member),         \
        .default_text = (number), .most = 65535, .flags = CONFIG_GLOBAL, .text = (words)                     \
    }

static const struct config_key page_keys[] = {
    PAGE_TEXT("provider", provider, "Your name, for the title."),
    PAGE_TEXT(
        "smtp_host", smtp_host,
        "The name that customers enter as outgoing server; empty: that of the machine the page is made on."),
    PAGE_PORT("submission_port", submission_port, "587", "The port with STARTTLS; 0: there is none."),
    PAGE_PORT("smtps_port", smtps_port, "465", "The port with SSL/TLS from the start; 0: there is none."),
    PAGE_TEXT("imap_host", imap_host, "The incoming server; empty: the page names none."),
    PAGE_PORT("imap_port", imap_port, "993", "Its port, with SSL/TLS."),
    PAGE_TEXT("webmail", webmail, "The web address of your webmail; empty: the page names none."),
    PAGE_TEXT("contact", contact,
              "Who answers questions: a mail address, a web address, a telephone number."),
    PAGE_TEXT("files_url", files_url,
              "Where customers can put files that are too large or of a blocked kind."),
    {.name = "port_25",
     .type = &config_type_choice,
     .offset = offsetof(struct page_settings, port_25),
     .choices = port_25_choices,
     .default_text = "open",
     .flags = CONFIG_GLOBAL,
     .text = "What becomes of your customers' connections to port 25 of other servers."},
    {.name = "template",
     .type = &config_type_path,
     .offset = offsetof(struct page_settings, template_path),
     .default_text = "",
     .flags = CONFIG_GLOBAL | CONFIG_MAY_BE_EMPTY,
     .text =
         "An HTML file that the page is put into, in place of the shipped frame and style (docs/page.md)."},
    {0},
};

static void page_finish(void *owner, void *settings, const struct config_finish *context)
{
    const struct page_settings *page = settings;
    (void)owner;
    if (page->submission_port == 0 && page->smtps_port == 0)
        config_finish_error(context, "smtps_port",
                            "without submission_port and smtps_port customers have no port to send through");
    for (const char *c = page->smtp_host; *c != '\0'; c++)
        if (*c <= ' ' || *c == '/' || *c == ':') {
            config_finish_error(context, "smtp_host", "'%s' is no host name: write smtp.example.com",
                                page->smtp_host);
            return;
        }
}

const struct config_section page_section = {
    .name = "page",
    .struct_bytes = sizeof(struct page_settings),
    .keys = page_keys,
    .finish = page_finish,
    .text = "What the customers' help page says beside the limits: `closedrelay page`.",
};
