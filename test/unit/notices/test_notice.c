#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/json_reader.h"
#include "notices/notice.h"

static const int64_t AT_US = INT64_C(1772344800000000); /* 2026-03-01T06:00:00Z */

/* A notice as it is sent: whole JSON. */
struct told {
    struct strbuf body;
    struct json_value whole;
};

static struct told written(const struct record_event *event, const char *record)
{
    const struct notice_origin origin = {"mx1", AT_US, "abcdefghjkmn", slice_of(record)};
    struct told told;
    struct json_value value;
    strbuf_init(&told.body, 0);
    notice_write(notice_kind_of(event), event, &origin, &told.body);
    struct json_cursor cursor = json_enter_line(strbuf_slice(&told.body));
    while (json_next(&cursor, NULL, &value))
        ;
    if (!json_is_whole(&cursor))
        fail_msg("no JSON: %s", strbuf_text(&told.body));
    told.whole = (struct json_value){.kind = JSON_KIND_OBJECT, .text = strbuf_slice(&told.body)};
    return told;
}

/* Points into `scratch`. */
static const char *text_of(const struct told *told, const char *key, struct strbuf *scratch)
{
    const struct json_value value = json_member(&told->whole, key);
    strbuf_reset(scratch);
    if (value.kind == JSON_KIND_STRING)
        json_append_string(&value, scratch);
    return strbuf_text(scratch);
}

struct told_case {
    struct record_event event;
    const char *kind, *text, *todo;
};

static const struct told_case cases[] = {
    {{.line = RECORD_LINE_LIST, .zone = "bl.example", .state = "suspended", .reason = "it lists everybody"},
     "list",
     "The DNS list bl.example is suspended: it lists everybody. Mail is judged without it.",
     "closedrelay status"},
    {{.line = RECORD_LINE_LIST, .zone = "bl.example", .state = "back"},
     "list",
     "The DNS list bl.example is asked again.",
     ""},
    {{.line = RECORD_LINE_LOST, .reason = "the file cannot be written"},
     "record_lost",
     "Records are being lost: the file cannot be written. What becomes of the mail meanwhile is audit.on_error.",
     "audit.file"},
    {{.line = RECORD_LINE_LOST, .count = 7}, "record_lost", "Records are written again; 7 are missing.", ""},
    {{.line = RECORD_LINE_WARN,
      .subject_kind = "disk",
      .subject_name = "/a",
      .has_numbers = true,
      .limit = 500000000,
      .seen = 12000000},
     "disk_low",
     "The disk of /a is nearly full: 12 MB are free, fewer than 500 MB.",
     "audit.retain"},
    {{.line = RECORD_LINE_WARN,
      .subject_kind = "limit",
      .subject_name = "ann@example.com",
      .reason = "user recipients 500/1h",
      .has_numbers = true,
      .limit = 500,
      .seen = 400},
     "limit",
     "ann@example.com has used 400 of 500 (user recipients 500/1h).",
     "closedrelay usage ann@example.com"},
    {{.line = RECORD_LINE_WARN,
      .subject_kind = "user",
      .subject_name = "ann@example.com",
      .state = "hold",
      .reason = "20 networks",
      .has_numbers = true,
      .limit = 60,
      .seen = 64},
     "warn",
     "user ann@example.com looks stolen (step hold, 64 points): 20 networks.",
     "closedrelay forgive ann@example.com"},
    {{.line = RECORD_LINE_LOCK,
      .subject_kind = "user",
      .subject_name = "ann@example.com",
      .reason = "networks",
      .by = "account",
      .until_us = AT_US},
     "lock",
     "user ann@example.com is locked until 2026-03-01T06:00:00Z: networks (by account).",
     "closedrelay unlock ann@example.com"},
    {{.line = RECORD_LINE_UNLOCK, .subject_kind = "user", .subject_name = "ann@example.com", .by = "root"},
     "unlock",
     "user ann@example.com may send again (by root).",
     ""},
    {{.line = RECORD_LINE_TABLE, .state = "failed", .file = "file:/x", .reason = "it is gone"},
     "table",
     "file:/x cannot be read: it is gone. The former content stays in use.",
     "Mend the file"},
    {{.line = RECORD_LINE_RELOAD_REFUSED,
      .reason = "c.yaml:1:2: error: x\nc.yaml:2:2: error: y",
      .by = "root"},
     "reload_refused",
     "A reload was refused: c.yaml:1:2: error: x (by root). The former configuration stays in force.",
     "closedrelay check"},
    {{.line = RECORD_LINE_STORE, .state = "away", .reason = "redis: no answer"},
     "store",
     "The shared store of counters is away: redis: no answer. This server counts by itself until it is back.",
     "Redis"},
    {{.line = RECORD_LINE_STORE, .state = "back", .reason = "redis"},
     "store",
     "The shared store of counters is back.",
     ""},
};

static void each_event_is_told_in_plain_words(void **state)
{
    (void)state;
    struct strbuf scratch;
    strbuf_init(&scratch, 0);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct told told = written(&cases[i].event, "{\"v\":1}");
        assert_string_equal(text_of(&told, "event", &scratch), cases[i].kind);
        assert_string_equal(text_of(&told, "text", &scratch), cases[i].text);
        assert_non_null(strstr(text_of(&told, "todo", &scratch), cases[i].todo));
        assert_int_equal(json_member(&told.whole, "todo").kind,
                         cases[i].todo[0] == '\0' ? JSON_KIND_NULL : JSON_KIND_STRING);
        assert_string_equal(text_of(&told, "time", &scratch), "2026-03-01T06:00:00Z");
        assert_string_equal(text_of(&told, "host", &scratch), "mx1");
        assert_string_equal(text_of(&told, "id", &scratch), "abcdefghjkmn");
        assert_true(slice_equal(json_member(&told.whole, "record").text, slice_of("{\"v\":1}")));
        strbuf_deinit(&told.body);
    }
    strbuf_deinit(&scratch);
}

static void what_was_written_by_strangers_stays_text(void **state)
{
    (void)state;
    const struct record_event event = {.line = RECORD_LINE_BLOCK,
                                       .subject_kind = "user",
                                       .subject_name = "\"},{\xff\x01\"",
                                       .reason = "a\nb"};
    struct strbuf scratch;
    strbuf_init(&scratch, 0);
    struct told told = written(&event, "");
    assert_non_null(strstr(text_of(&told, "text", &scratch), "user \"},{"));
    assert_null(strchr(text_of(&told, "text", &scratch), '\n'));
    assert_int_equal(json_member(&told.whole, "record").text.length, 0);
    strbuf_deinit(&told.body);
    strbuf_deinit(&scratch);
}

static void what_is_no_news_is_not_told(void **state)
{
    (void)state;
    const struct record_event events[] = {{.line = RECORD_LINE_START},
                                          {.line = RECORD_LINE_POLICY},
                                          {.line = RECORD_LINE_LOGIN},
                                          {.line = RECORD_LINE_LOOKUP},
                                          {.line = RECORD_LINE_TABLE, .state = "loaded"}};
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++)
        assert_int_equal(notice_kind_of(&events[i]), NOTICE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_event_is_told_in_plain_words),
        cmocka_unit_test(what_was_written_by_strangers_stays_text),
        cmocka_unit_test(what_is_no_news_is_not_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
