/* Lines of a mail server's log: whatever they say, what is told of a message is made of what they said, and
 * bounded. */
#include "maillog/log_messages.h"
#include "maillog/log_stamp.h"

#include <stdint.h>
#include <stdlib.h>
#include <talloc.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_message(void *context, const struct logged_message *message)
{
    require(message->recipient_count > 0 && message->recipient_count <= 1000);
    for (size_t i = 0; i < message->recipient_count; i++)
        require(strlen(message->recipients[i].address) <= *(const size_t *)context);
}

static void check_bounce(void *context, const char *message_id)
{
    require(strlen(message_id) <= *(const size_t *)context);
}

static void try_line(struct log_messages *messages, struct log_years *years, struct slice line)
{
    struct log_stamp stamp = {0};
    struct log_line told;
    int64_t time_us;
    if (log_stamp_read(line, &stamp)) {
        require(stamp.length <= line.length);
        log_years_pass(years, &stamp);
        log_years_time(years, &stamp, &time_us);
    }
    if (log_line_read(slice_part(line, stamp.length, line.length), &told))
        require(log_messages_take(messages, &told));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct logged_takers takers = {check_message, check_bounce, &size};
    struct slice rest = slice_make((const char *)data, size);
    struct log_years years = {.first = 2026};
    struct log_messages *messages = log_messages_create(NULL, &takers);
    require(messages != NULL);
    while (rest.length > 0) {
        const size_t end = slice_find(rest, '\n');
        try_line(messages, &years, slice_part(rest, 0, end));
        rest = slice_part(rest, end < rest.length ? end + 1 : end, rest.length);
    }
    log_messages_finish(messages);
    talloc_free(messages);
    return 0;
}
