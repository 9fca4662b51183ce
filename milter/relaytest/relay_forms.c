#include "relay_forms.h"

#include <ctype.h>

#define STRANGER "relaytest@sender.example"

const struct relay_form relay_forms[] = {
    {"plain address", STRANGER, "<%v@%d>"},
    {"null sender", "", "<%v@%d>"},
    {"sender at localhost", "relaytest@localhost", "<%v@%d>"},
    {"sender without a domain", "relaytest", "<%v@%d>"},
    {"sender postmaster", "postmaster", "<%v@%d>"},
    {"sender in an own domain", "relaytest@%l", "<%v@%d>"},
    {"sender at the server's name", "relaytest@%n", "<%v@%d>"},
    {"sender at the server's address", "relaytest@[%i]", "<%v@%d>"},
    {"sender is the recipient", "%v@%d", "<%v@%d>"},
    {"no angle brackets", STRANGER, "%v@%d"},
    {"upper case", STRANGER, "<%V@%D>"},
    {"final dot", STRANGER, "<%v@%d.>"},
    {"two final dots", STRANGER, "<%v@%d..>"},
    {"spaces inside the brackets", STRANGER, "< %v@%d >"},
    {"space before the at sign", STRANGER, "<%v @%d>"},
    {"quoted local part", STRANGER, "<\"%v\"@%d>"},
    {"quoted whole address", STRANGER, "<\"%v@%d\">"},
    {"quoted whole address at the server's name", STRANGER, "<\"%v@%d\"@%n>"},
    {"quoted whole address at an own domain", STRANGER, "<\"%v@%d\"@%l>"},
    {"quoted whole address at the server's address", STRANGER, "<\"%v@%d\"@[%i]>"},
    {"escaped at sign", STRANGER, "<%v\\@%d@%l>"},
    {"percent hack", STRANGER, "<%v%%%d>"},
    {"percent hack at the server's name", STRANGER, "<%v%%%d@%n>"},
    {"percent hack at an own domain", STRANGER, "<%v%%%d@%l>"},
    {"percent hack at the server's address", STRANGER, "<%v%%%d@[%i]>"},
    {"percent hack from an own domain", "relaytest@%l", "<%v%%%d@%l>"},
    {"percent hack, quoted", STRANGER, "<\"%v%%%d\"@%l>"},
    {"double percent hack", STRANGER, "<%v%%%d%%%n@%l>"},
    {"percent hack at localhost", STRANGER, "<%v%%%d@localhost>"},
    {"bang path", STRANGER, "<%d!%v>"},
    {"bang path at the server's name", STRANGER, "<%d!%v@%n>"},
    {"bang path at an own domain", STRANGER, "<%d!%v@%l>"},
    {"bang path at the server's address", STRANGER, "<%d!%v@[%i]>"},
    {"bang path over the server", STRANGER, "<%n!%d!%v>"},
    {"source route over the server's name", STRANGER, "<@%n:%v@%d>"},
    {"source route over an own domain", STRANGER, "<@%l:%v@%d>"},
    {"source route over the server's address", STRANGER, "<@[%i]:%v@%d>"},
    {"source route over localhost", STRANGER, "<@localhost:%v@%d>"},
    {"source route of two hosts", STRANGER, "<@%l,@%n:%v@%d>"},
    {"two at signs, the server's name last", STRANGER, "<%v@%d@%n>"},
    {"two at signs, an own domain last", STRANGER, "<%v@%d@%l>"},
    {"two at signs, the server's address last", STRANGER, "<%v@%d@[%i]>"},
    {"two at signs, the victim last", STRANGER, "<%v@%l@%d>"},
    {"colon path", STRANGER, "<%l:%v@%d>"},
    {"comma list", STRANGER, "<postmaster@%l,%v@%d>"},
    {"domain in UTF-8", STRANGER,
     "<%v@b\xc3\xbc"
     "cher.example>"},
    {"domain as A-label", STRANGER, "<%v@xn--bcher-kva.example>"},
    {"domain in UTF-8 with another dot", STRANGER,
     "<%v@b\xc3\xbc"
     "cher\xe3\x80\x82"
     "example>"},
    {"null byte written out", STRANGER, "<%v@%d\\0@%l>"},
    {"address literal of another server", STRANGER, "<%v@[198.51.100.7]>"},
    {"IPv6 literal of another server", STRANGER, "<%v@[IPv6:2001:db8::7]>"},
    {"bare address of another server", STRANGER, "<%v@198.51.100.7>"},
    {"own domain as the name of a host elsewhere", STRANGER, "<%v@%l.%d>"},
    {"domain that only ends like an own one", STRANGER, "<%v@relaytest-%l>"},
    {"percent hack behind a source route", STRANGER, "<@%l:%v%%%d@%n>"},
    {"bang path and percent hack", STRANGER, "<%d!%v%%%n@%l>"},
    {"comment behind the domain", STRANGER, "<%v@%d(@%l)>"},
    {0},
};

static void append_upper(struct strbuf *out, const char *text)
{
    for (; *text != '\0'; text++)
        strbuf_append_byte(out, (char)toupper((unsigned char)*text));
}

/* False: there is no such placeholder. */
static bool append_name(char placeholder, const struct relay_names *names, struct strbuf *out)
{
    switch (placeholder) {
    case 'v':
        strbuf_append_text(out, names->victim_local_part);
        return true;
    case 'd':
        strbuf_append_text(out, names->victim_domain);
        return true;
    case 'V':
        append_upper(out, names->victim_local_part);
        return true;
    case 'D':
        append_upper(out, names->victim_domain);
        return true;
    case 'n':
        strbuf_append_text(out, names->server_name);
        return true;
    case 'i':
        strbuf_append_text(out, names->server_address);
        return true;
    case 'l':
        strbuf_append_text(out, names->local_domain);
        return true;
    case '%':
        strbuf_append_byte(out, '%');
        return true;
    default:
        return false;
    }
}

void relay_form_expand(const char *pattern, const struct relay_names *names, struct strbuf *out)
{
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '%' && append_name(pattern[1], names, out))
            pattern++;
        else
            strbuf_append_byte(out, *pattern);
    }
}
