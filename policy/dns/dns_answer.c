#include "dns/dns_answer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEADER_BYTES = 12,
    QUESTIONS_MAX = 4,
    CLASS_IN = 1,
    FLAG_RESPONSE = 0x8000,
    RCODE_MASK = 0xf,
    RCODE_NOERROR = 0,
    RCODE_NXDOMAIN = 3,
    RCODE_REFUSED = 5,
};

/* The part not yet read; `broken` once more was wanted than there is. */
struct reader {
    const uint8_t *at;
    size_t left;
    bool broken;
};

struct record {
    unsigned type;
    unsigned class;
    uint32_t ttl_seconds;
    struct reader data;
};

static const uint8_t *read_bytes(struct reader *reader, size_t count)
{
    if (reader->broken || reader->left < count) {
        reader->broken = true;
        return NULL;
    }
    const uint8_t *bytes = reader->at;
    reader->at += count;
    reader->left -= count;
    return bytes;
}

static unsigned read_u8(struct reader *reader)
{
    const uint8_t *b = read_bytes(reader, 1);
    return b == NULL ? 0 : b[0];
}

static unsigned read_u16(struct reader *reader)
{
    const uint8_t *b = read_bytes(reader, 2);
    return b == NULL ? 0 : (unsigned)b[0] << 8 | b[1];
}

static uint32_t read_u32(struct reader *reader)
{
    uint32_t high = read_u16(reader);
    return high << 16 | read_u16(reader);
}

/* Gets past a name; a pointer ends it (RFC 1035, 4.1.4) and is not followed. */
static void skip_name(struct reader *reader)
{
    while (!reader->broken) {
        unsigned length = read_u8(reader);
        if ((length & 0xc0) == 0xc0) {
            read_u8(reader);
            return;
        }
        if ((length & 0xc0) != 0)
            reader->broken = true;
        if (length == 0)
            return;
        read_bytes(reader, length);
    }
}

static struct record read_record(struct reader *reader)
{
    struct record record = {0};
    skip_name(reader);
    record.type = read_u16(reader);
    record.class = read_u16(reader);
    record.ttl_seconds = read_u32(reader);
    if (record.ttl_seconds > INT32_MAX) /* RFC 2181, 8 */
        record.ttl_seconds = 0;
    record.data.left = read_u16(reader);
    record.data.at = read_bytes(reader, record.data.left);
    return record;
}

static void lower_ttl(struct dns_answer *answer, uint32_t seconds)
{
    if (!answer->has_ttl || seconds < answer->ttl_seconds)
        answer->ttl_seconds = seconds;
    answer->has_ttl = true;
}

static void take_address(struct dns_answer *answer, struct reader data)
{
    uint32_t address = read_u32(&data);
    if (data.broken || data.left != 0)
        return;
    if (answer->address_count == DNS_ANSWER_ADDRESSES_MAX)
        answer->cut = true;
    else
        answer->addresses[answer->address_count++] = address;
    answer->outcome = DNS_OUTCOME_RECORDS;
}

/* Bytes that may stand in an SMTP reply; everything else becomes a space, and spaces do not repeat. */
static void append_text(struct dns_answer *answer, const uint8_t *bytes, size_t count)
{
    size_t length = strlen(answer->text);
    for (size_t i = 0; i < count; i++) {
        char c = (char)(bytes[i] > 0x20 && bytes[i] < 0x7f ? bytes[i] : 0x20);
        if (c == ' ' && (length == 0 || answer->text[length - 1] == ' '))
            continue;
        if (length == DNS_ANSWER_TEXT_BYTES_MAX) {
            answer->cut = true;
            break;
        }
        answer->text[length++] = c;
    }
    answer->text[length] = '\0';
}

/* The strings of one record belong together (RFC 7208, 3.3 has the same rule); a space parts records. */
static void take_text(struct dns_answer *answer, struct reader data)
{
    if (answer->text == NULL)
        answer->text = calloc(1, DNS_ANSWER_TEXT_BYTES_MAX + 1);
    if (answer->text == NULL)
        return;
    append_text(answer, (const uint8_t *)" ", 1);
    while (data.left > 0 && !data.broken && !answer->cut) {
        size_t length = read_u8(&data);
        const uint8_t *bytes = read_bytes(&data, length);
        if (bytes != NULL)
            append_text(answer, bytes, length);
    }
    answer->outcome = DNS_OUTCOME_RECORDS;
}

static void read_answers(struct dns_answer *answer, struct reader *reader, unsigned count, enum dns_type type)
{
    for (unsigned i = 0; i < count && !reader->broken; i++) {
        if (i == DNS_ANSWER_RECORDS_MAX) {
            answer->cut = true;
            return;
        }
        struct record record = read_record(reader);
        if (reader->broken || record.class != CLASS_IN)
            continue;
        lower_ttl(answer, record.ttl_seconds); /* that of a CNAME on the way too */
        if (record.type != type)
            continue;
        if (type == DNS_TYPE_A)
            take_address(answer, record.data);
        else if (type == DNS_TYPE_TXT)
            take_text(answer, record.data);
        else
            answer->outcome = DNS_OUTCOME_RECORDS;
    }
}

/* RFC 2308, 5: the lesser of the SOA record's own TTL and its MINIMUM field. */
static void read_authority(struct dns_answer *answer, struct reader *reader, unsigned count)
{
    for (unsigned i = 0; i < count && i < DNS_ANSWER_RECORDS_MAX && !reader->broken; i++) {
        struct record record = read_record(reader);
        if (reader->broken || record.type != DNS_TYPE_SOA || record.class != CLASS_IN)
            continue;
        skip_name(&record.data);
        skip_name(&record.data);
        read_bytes(&record.data, 16); /* SERIAL, REFRESH, RETRY, EXPIRE */
        uint32_t minimum = read_u32(&record.data);
        if (record.data.broken)
            continue;
        lower_ttl(answer, minimum < record.ttl_seconds ? minimum : record.ttl_seconds);
        return;
    }
}

static void skip_questions(struct reader *reader, unsigned count)
{
    if (count > QUESTIONS_MAX)
        reader->broken = true;
    for (unsigned i = 0; i < count && !reader->broken; i++) {
        skip_name(reader);
        read_bytes(reader, 4);
    }
}

static enum dns_outcome outcome_of_rcode(unsigned rcode)
{
    switch (rcode) {
    case RCODE_NOERROR:
        return DNS_OUTCOME_NO_DATA; /* until a record is found */
    case RCODE_NXDOMAIN:
        return DNS_OUTCOME_NO_NAME;
    case RCODE_REFUSED:
        return DNS_OUTCOME_REFUSED;
    default:
        return DNS_OUTCOME_SERVFAIL;
    }
}

static void read_sections(struct dns_answer *answer, struct reader *reader, enum dns_type type)
{
    unsigned question_count = read_u16(reader);
    unsigned answer_count = read_u16(reader);
    unsigned authority_count = read_u16(reader);
    read_u16(reader);
    skip_questions(reader, question_count);
    if (answer->outcome == DNS_OUTCOME_NO_DATA)
        read_answers(answer, reader, answer_count, type);
    else if (answer->outcome == DNS_OUTCOME_NO_NAME)
        read_answers(&(struct dns_answer){0}, reader, answer_count, (enum dns_type)0); /* to get past them */
    if (answer->outcome == DNS_OUTCOME_NO_DATA || answer->outcome == DNS_OUTCOME_NO_NAME) {
        answer->has_ttl = false;
        read_authority(answer, reader, authority_count);
    }
}

void dns_answer_read(struct dns_answer *answer, const uint8_t *message, size_t length, enum dns_type type)
{
    struct reader reader = {message, length, false};
    *answer = (struct dns_answer){.outcome = DNS_OUTCOME_MALFORMED};
    read_u16(&reader); /* the id is the transport's business */
    unsigned flags = read_u16(&reader);
    if (reader.broken || (flags & FLAG_RESPONSE) == 0)
        return;
    answer->outcome = outcome_of_rcode(flags & RCODE_MASK);
    read_sections(answer, &reader, type);
    if (!reader.broken || answer->outcome == DNS_OUTCOME_SERVFAIL || answer->outcome == DNS_OUTCOME_REFUSED)
        return;
    dns_answer_deinit(answer); /* half an answer decides nothing */
    *answer = (struct dns_answer){.outcome = DNS_OUTCOME_MALFORMED};
}

void dns_answer_deinit(struct dns_answer *answer)
{
    free(answer->text);
    answer->text = NULL;
}

bool dns_outcome_is_decided(enum dns_outcome outcome)
{
    return outcome <= DNS_OUTCOME_NO_DATA;
}

const char *dns_outcome_text(enum dns_outcome outcome)
{
    static const char *const texts[] = {
        [DNS_OUTCOME_RECORDS] = "answered",
        [DNS_OUTCOME_NO_NAME] = "no such name",
        [DNS_OUTCOME_NO_DATA] = "no such record",
        [DNS_OUTCOME_SERVFAIL] = "server failure",
        [DNS_OUTCOME_REFUSED] = "refused",
        [DNS_OUTCOME_TIMEOUT] = "timed out",
        [DNS_OUTCOME_UNREACHABLE] = "no name server answered",
        [DNS_OUTCOME_MALFORMED] = "unreadable answer",
        [DNS_OUTCOME_CANCELLED] = "cancelled",
    };
    assert((size_t)outcome < sizeof texts / sizeof texts[0]);
    return texts[outcome];
}
