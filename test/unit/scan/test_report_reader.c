/* Delivery reports and complaints: what they tell, however they are cut; and what is none tells nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "base/strbuf.h"
#include "scan/report/report_reader.h"

static const char type[] = "multipart/report; report-type=delivery-status;\r\n\tboundary=\"4F2.1/mx\"";

static const char bounce[] =
    "This is a MIME-encapsulated message.\r\n\r\n"
    "--4F2.1/mx\r\nContent-Type: text/plain\r\n\r\nAction: failed\r\n"
    "--4F2.1/mx\r\nContent-Description: Delivery report\r\n"
    "Content-Type: message/delivery-status; charset=us-ascii\r\n\r\n"
    "Reporting-MTA: dns; mx.example.com\r\n\r\n"
    "Final-Recipient: rfc822; bob@example.org\r\nOriginal-Recipient: rfc822;Bob@alias.example\r\n"
    "Action: failed\r\nStatus: 5.1.1\r\n\r\n"
    "Final-Recipient: rfc822; eve@example.org\r\nAction: delayed\r\n\r\n"
    "Final-Recipient: rfc822; <zoe@example.org>\r\naction : FAILED\r\n"
    "--4F2.1/mx\r\nContent-Type: message/rfc822\r\n\r\n"
    "From: ann@example.com\r\nMessage-ID:\r\n <1@example.com>\r\n\r\nMessage-ID: <2@body>\r\n"
    "--4F2.1/mx--\r\nMessage-ID: <3@after>\r\n";

/* Pushed in pieces of `piece` bytes. */
static const struct report_facts *read_report(void *owner, const char *content_type, const char *body,
                                              size_t piece)
{
    struct report_reader *reader = report_reader_create(owner, slice_of(content_type));
    if (reader == NULL)
        return NULL;
    for (size_t at = 0, length = strlen(body); at < length; at += piece)
        report_reader_push(reader, slice_make(body + at, piece < length - at ? piece : length - at));
    return report_reader_end(reader);
}

static void a_bounce_tells_who_was_not_reached(void **state)
{
    (void)state;
    for (size_t piece = 1; piece < sizeof bounce; piece++) {
        void *owner = talloc_new(NULL);
        const struct report_facts *facts = read_report(owner, type, bounce, piece);
        assert_non_null(facts);
        assert_null(facts->feedback_type);
        assert_int_equal(facts->recipient_count, 2);
        assert_string_equal(facts->recipients[0], "Bob@alias.example");
        assert_string_equal(facts->recipients[1], "zoe@example.org");
        assert_string_equal(facts->message_id, "<1@example.com>");
        talloc_free(owner);
    }
}

static void a_complaint_tells_about_what(void **state)
{
    static const char complaint[] =
        "--b\nContent-Type: text/plain\n\nI do not want this.\n--b\nContent-Type: message/feedback-report\n\n"
        "Feedback-Type: abuse\nVersion: 1\nOriginal-Rcpt-To: <bob@example.org>\n"
        "--b\nContent-Type: text/rfc822-headers\n\nmessage-id: <9@example.com>\n--b--\n";
    void *owner = talloc_new(NULL);
    (void)state;
    const struct report_facts *facts =
        read_report(owner, "Multipart/Report; boundary=b; report-type=feedback-report", complaint, 7);
    assert_non_null(facts);
    assert_string_equal(facts->feedback_type, "abuse");
    assert_int_equal(facts->recipient_count, 1);
    assert_string_equal(facts->recipients[0], "bob@example.org");
    assert_string_equal(facts->message_id, "<9@example.com>");
    talloc_free(owner);
}

static void what_is_no_report_tells_nothing(void **state)
{
    void *owner = talloc_new(NULL);
    (void)state;
    assert_null(read_report(owner, "multipart/mixed; boundary=b", bounce, 9));
    assert_null(read_report(owner, "multipart/report", bounce, 9));
    assert_null(read_report(owner, "multipart/report; xboundary=b", bounce, 9));
    assert_null(read_report(owner, "multipart/report; boundary=another", bounce, 9));
    assert_null(read_report(owner, "", bounce, 9));
    /* Delivered: nobody failed. */
    assert_null(read_report(owner, "multipart/report; boundary=b",
                            "--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: rfc822; a@b\n"
                            "Action: delivered\n--b--\n",
                            9));
    talloc_free(owner);
}

static void reports_are_bounded(void **state)
{
    struct strbuf body;
    void *owner = talloc_new(NULL);
    (void)state;
    strbuf_init(&body, 0);
    strbuf_append_text(&body, "--b\nContent-Type: message/delivery-status\n\n");
    for (unsigned i = 0; i < 2 * REPORT_RECIPIENTS_MAX; i++)
        strbuf_printf(&body, "Final-Recipient: rfc822; r%u@example.org\nAction: failed\n\n", i);
    strbuf_append_text(&body, "--b\nContent-Type: message/rfc822\n\nMessage-ID: <");
    memset(strbuf_extend(&body, 5000), 'x', 5000);
    strbuf_append_text(&body, ">\n--b--\n");
    const struct report_facts *facts =
        read_report(owner, "multipart/report; boundary=b", strbuf_text(&body), 4096);
    assert_int_equal(facts->recipient_count, REPORT_RECIPIENTS_MAX);
    assert_true(strlen(facts->message_id) < REPORT_LINE_BYTES_MAX);
    strbuf_deinit(&body);
    talloc_free(owner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bounce_tells_who_was_not_reached),
        cmocka_unit_test(a_complaint_tells_about_what),
        cmocka_unit_test(what_is_no_report_tells_nothing),
        cmocka_unit_test(reports_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
