#include "stub_dns/stub_rules.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TYPE_A = 1,
    TYPE_SOA = 6,
    TYPE_TXT = 16,
    HEADER_BYTES = 12,
    UDP_BYTES_MAX = 1232,
    RCODE_SERVFAIL = 2,
    RCODE_NXDOMAIN = 3,
    RCODE_REFUSED = 5,
    DEFAULT_TTL = 300,
    DEFAULT_SOA = 60,
};

/* ---- rules ------------------------------------------------------------------------------------------- */

static bool parse_addresses(struct stub_rule *rule, char *list)
{
    char *rest = NULL;
    for (char *item = strtok_r(list, ",", &rest); item != NULL; item = strtok_r(NULL, ",", &rest)) {
        if (rule->address_count == STUB_ADDRESSES_MAX ||
            inet_pton(AF_INET, item, &rule->addresses[rule->address_count]) != 1)
            return false;
        rule->address_count++;
    }
    return rule->address_count > 0;
}

static void parse_text(struct stub_rule *rule, const char *text)
{
    snprintf(rule->text, sizeof rule->text, "%s", text);
    for (char *c = rule->text; *c != '\0'; c++)
        if (*c == '_')
            *c = ' ';
}

static bool parse_number_word(struct stub_rule *rule, const char *word, const char *value)
{
    unsigned long number = strtoul(value, NULL, 10);
    if (strcmp(word, "ttl") == 0)
        rule->ttl_seconds = (uint32_t)number;
    else if (strcmp(word, "soa") == 0)
        rule->soa_seconds = (uint32_t)number;
    else if (strcmp(word, "delay") == 0)
        rule->delay_ms = (unsigned)number;
    else if (strcmp(word, "flood") == 0)
        rule->flood_count = (unsigned)number;
    else
        return false;
    return true;
}

static bool parse_flag(struct stub_rule *rule, const char *word)
{
    const struct {
        const char *word;
        bool *flag;
    } flags[] = {
        {"nosoa", &rule->no_soa},      {"drop", &rule->drop}, {"truncate", &rule->truncate},
        {"wrong-id", &rule->wrong_id}, {"loop", &rule->loop}, {"wrong-question", &rule->wrong_question},
        {"garbage", &rule->garbage},
    };
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (strcmp(flags[i].word, word) == 0)
            return *flags[i].flag = true;
    return false;
}

static bool parse_outcome(struct stub_rule *rule, const char *word)
{
    static const struct {
        const char *word;
        unsigned rcode;
    } outcomes[] = {{"nodata", 0},
                    {"nxdomain", RCODE_NXDOMAIN},
                    {"servfail", RCODE_SERVFAIL},
                    {"refused", RCODE_REFUSED}};
    for (size_t i = 0; i < sizeof outcomes / sizeof outcomes[0]; i++)
        if (strcmp(outcomes[i].word, word) == 0) {
            rule->rcode = outcomes[i].rcode;
            return true;
        }
    return false;
}

static bool parse_word(struct stub_rule *rule, char *word)
{
    char *value = strchr(word, '=');
    if (value == NULL)
        return parse_flag(rule, word) || parse_outcome(rule, word);
    *value++ = '\0';
    if (strcmp(word, "a") == 0)
        return parse_addresses(rule, value);
    if (strcmp(word, "txt") == 0) {
        parse_text(rule, value);
        return true;
    }
    return parse_number_word(rule, word, value);
}

static unsigned parse_type(const char *type)
{
    if (strcmp(type, "A") == 0)
        return TYPE_A;
    if (strcmp(type, "TXT") == 0)
        return TYPE_TXT;
    return strcmp(type, "SOA") == 0 ? TYPE_SOA : 0;
}

static bool parse_line(struct stub_rule *rule, char *line)
{
    static const char blanks[] = " \t\r";
    char *rest = NULL;
    char *pattern = strtok_r(line, blanks, &rest);
    char *type = strtok_r(NULL, blanks, &rest);
    if (pattern == NULL || type == NULL)
        return false;
    *rule =
        (struct stub_rule){.ttl_seconds = DEFAULT_TTL, .soa_seconds = DEFAULT_SOA, .type = parse_type(type)};
    snprintf(rule->pattern, sizeof rule->pattern, "%s", pattern);
    for (char *word = strtok_r(NULL, blanks, &rest); word != NULL; word = strtok_r(NULL, blanks, &rest))
        if (!parse_word(rule, word))
            return false;
    return true;
}

bool stub_rules_parse(struct stub_rules *rules, const char *text)
{
    char *copy = strdup(text), *rest = NULL;
    size_t lines = 1;
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    *rules = (struct stub_rules){.items = calloc(lines, sizeof *rules->items)};
    bool good = copy != NULL && rules->items != NULL;
    for (char *line = good ? strtok_r(copy, "\n", &rest) : NULL; line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        line += strspn(line, " \t\r");
        if (*line == '#' || *line == '\0')
            continue;
        if (parse_line(&rules->items[rules->count], line)) {
            rules->count++;
            continue;
        }
        fprintf(stderr, "stub_dns: bad rule: %s\n", line);
        good = false;
    }
    free(copy);
    if (!good)
        stub_rules_free(rules);
    return good;
}

void stub_rules_free(struct stub_rules *rules)
{
    free(rules->items);
    *rules = (struct stub_rules){0};
}

bool stub_name_matches(const char *pattern, const char *name)
{
    if (pattern[0] != '*')
        return strcasecmp(pattern, name) == 0;
    size_t tail = strlen(pattern + 1), length = strlen(name);
    return length >= tail && strcasecmp(name + length - tail, pattern + 1) == 0;
}

const struct stub_rule *stub_rules_find(const struct stub_rules *rules, const struct stub_question *question)
{
    static const struct stub_rule no_such_name = {.rcode = RCODE_NXDOMAIN, .soa_seconds = DEFAULT_SOA};
    for (size_t i = 0; i < rules->count; i++)
        if ((rules->items[i].type == 0 || rules->items[i].type == question->type) &&
            stub_name_matches(rules->items[i].pattern, question->name))
            return &rules->items[i];
    return &no_such_name;
}

/* ---- messages ---------------------------------------------------------------------------------------- */

bool stub_question_read(struct stub_question *question, const uint8_t *query, size_t length)
{
    size_t at = HEADER_BYTES, used = 0;
    if (length < HEADER_BYTES + 5 || (query[2] & 0x80) != 0 || query[4] != 0 || query[5] != 1)
        return false;
    while (at < length && query[at] != 0) {
        size_t label = query[at++];
        if (label > 63 || at + label >= length || used + label + 2 > sizeof question->name)
            return false;
        for (size_t i = 0; i < label; i++)
            question->name[used++] = (char)tolower(query[at++]);
        question->name[used++] = '.';
    }
    question->name[used == 0 ? 0 : used - 1] = '\0';
    if (at + 5 > length)
        return false;
    question->type = (unsigned)query[at + 1] << 8 | query[at + 2];
    question->id = (uint16_t)(query[0] << 8 | query[1]);
    question->end = at + 5;
    return true;
}

struct writer {
    uint8_t *data;
    size_t length;
};

static void put_u16(struct writer *writer, unsigned value)
{
    writer->data[writer->length++] = (uint8_t)(value >> 8);
    writer->data[writer->length++] = (uint8_t)value;
}

static void put_u32(struct writer *writer, uint32_t value)
{
    put_u16(writer, value >> 16);
    put_u16(writer, value & 0xffff);
}

static void put_bytes(struct writer *writer, const void *bytes, size_t count)
{
    memcpy(writer->data + writer->length, bytes, count);
    writer->length += count;
}

/* Header of a record for the name asked for: a pointer to the question. */
static void put_record(struct writer *writer, unsigned type, uint32_t ttl_seconds, size_t data_bytes)
{
    put_u16(writer, 0xc000 | HEADER_BYTES);
    put_u16(writer, type);
    put_u16(writer, 1);
    put_u32(writer, ttl_seconds);
    put_u16(writer, (unsigned)data_bytes);
}

static void put_text(struct writer *writer, const char *text, uint32_t ttl_seconds)
{
    size_t length = strlen(text);
    put_record(writer, TYPE_TXT, ttl_seconds, length + 1);
    writer->data[writer->length++] = (uint8_t)length;
    put_bytes(writer, text, length);
}

static void put_soa(struct writer *writer, uint32_t minimum)
{
    put_record(writer, TYPE_SOA, minimum, 22);
    writer->data[writer->length++] = 0; /* MNAME and RNAME: the root */
    writer->data[writer->length++] = 0;
    for (unsigned i = 0; i < 4; i++)
        put_u32(writer, 1);
    put_u32(writer, minimum);
}

static unsigned put_answers(struct writer *writer, const struct stub_rule *rule, unsigned type)
{
    unsigned count = 0;
    if (rule->loop) {
        unsigned here = (unsigned)writer->length;
        put_u16(writer, 0xc000 | here);
        count++;
    }
    for (unsigned i = 0; type == TYPE_A && i < rule->address_count; i++, count++) {
        put_record(writer, TYPE_A, rule->ttl_seconds, 4);
        put_bytes(writer, &rule->addresses[i], 4);
    }
    for (unsigned i = 0; i < rule->flood_count && writer->length < STUB_MESSAGE_BYTES - 64; i++, count++) {
        put_record(writer, TYPE_A, rule->ttl_seconds, 4);
        put_u32(writer, 0x7f000002U + (i & 0x3f));
    }
    if (type == TYPE_TXT && rule->text[0] != '\0') {
        put_text(writer, rule->text, rule->ttl_seconds);
        count++;
    }
    return count;
}

static void set_u16(uint8_t *at, unsigned value)
{
    at[0] = (uint8_t)(value >> 8);
    at[1] = (uint8_t)value;
}

/* The query's header and question, as an answer begins. */
static struct writer begin_answer(uint8_t *answer, const struct stub_question *question, const uint8_t *query)
{
    struct writer writer = {answer, 0};
    put_bytes(&writer, query, question->end);
    memset(answer + 6, 0, 6); /* counts, and no EDNS record */
    set_u16(answer + 2, 0x8180);
    return writer;
}

size_t stub_answer_write(uint8_t *answer, const struct stub_rule *rule, const struct stub_question *question,
                         const uint8_t *query, bool tcp)
{
    struct writer writer = begin_answer(answer, question, query);
    size_t question_end = writer.length;
    set_u16(answer + 2, 0x8180U | rule->rcode);
    set_u16(answer + 6, put_answers(&writer, rule, question->type));
    bool has_answers = answer[6] != 0 || answer[7] != 0;
    if (!has_answers && !rule->no_soa && (rule->rcode == 0 || rule->rcode == RCODE_NXDOMAIN)) {
        put_soa(&writer, rule->soa_seconds);
        set_u16(answer + 8, 1);
    }
    if (rule->garbage)
        memset(answer + question_end, 0xff, writer.length - question_end);
    if (!tcp && (rule->truncate || writer.length > UDP_BYTES_MAX)) {
        memset(answer + 6, 0, 6);
        answer[2] |= 0x02; /* TC */
        writer.length = question_end;
    }
    if (rule->wrong_id)
        set_u16(answer, question->id ^ 0x5555U);
    if (rule->wrong_question)
        answer[HEADER_BYTES + 1] = answer[HEADER_BYTES + 1] == 'x' ? 'y' : 'x';
    return writer.length;
}

size_t stub_answer_text(uint8_t *answer, const char *text, const struct stub_question *question,
                        const uint8_t *query)
{
    struct writer writer = begin_answer(answer, question, query);
    set_u16(answer + 6, 1);
    put_text(&writer, text, 0);
    return writer.length;
}
