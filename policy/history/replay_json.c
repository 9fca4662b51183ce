/* A replay for programs. */
#include "history/replay.h"

#include "base/json_writer.h"
#include "record/record_writer.h"

static void write_time(struct json_writer *json, const char *key, int64_t time_us)
{
    char text[RECORD_TIME_BYTES];
    record_time_write(time_us, text);
    json_text(json, key, text);
}

static void write_directions(struct json_writer *json, const struct replay *replay)
{
    json_open_array(json, "directions");
    for (int was = 0; was < REPLAY_VERDICT_COUNT; was++)
        for (int is = 0; is < REPLAY_VERDICT_COUNT; is++) {
            if (replay->directions[was][is] == 0)
                continue;
            json_open_object(json, NULL);
            json_text(json, "was", replay_verdict_name((enum replay_verdict)was));
            json_text(json, "is", replay_verdict_name((enum replay_verdict)is));
            json_u64(json, "messages", replay->directions[was][is]);
            json_close_object(json);
        }
    json_close_array(json);
    json_u64(json, "recipients_only", replay->recipients_only);
}

static void write_reason(struct json_writer *json, const struct replay_reason *reason)
{
    json_open_object(json, NULL);
    json_text(json, "check", reason->check);
    json_text(json, "reason", reason->reason);
    json_bool(json, "stricter", reason->is_stricter);
    json_u64(json, "messages", reason->messages);
    json_open_array(json, "examples");
    for (size_t i = 0; i < reason->example_count; i++) {
        const struct replay_example *example = &reason->examples[i];
        json_open_object(json, NULL);
        write_time(json, "time", example->time_us);
        json_text(json, "id", example->id);
        json_text(json, "user", example->user);
        json_text(json, "was", example->was);
        json_text(json, "is", example->is);
        json_text(json, "detail", example->detail);
        json_text(json, "rule", example->rule);
        json_close_object(json);
    }
    json_close_array(json);
    json_close_object(json);
}

void replay_print_json(const struct replay *replay, struct strbuf *out)
{
    static const char *const gaps[REPLAY_GAP_COUNT] = {"list_not_asked",     "content_not_seen",
                                                       "rest_never_came",    "contacts_not_known",
                                                       "names_not_recorded", "names_are_private"};
    struct json_writer json;
    json_writer_init(&json, out);
    json_open_object(&json, NULL);
    json_text(&json, "config", replay->config);
    json_text(&json, "policy", replay->policy);
    json_u64(&json, "messages", replay->messages);
    json_u64(&json, "judged_by_it_then", replay->same_policy);
    json_u64(&json, "judged_by_it_then_and_changed", replay->same_policy_changed);
    write_time(&json, "first", replay->first_us);
    write_time(&json, "last", replay->last_us);
    json_u64(&json, "changed", replay->changed);
    json_u64(&json, "changed_recipients", replay->changed_recipients);
    json_u64(&json, "users", replay->users);
    write_directions(&json, replay);
    json_open_array(&json, "reasons");
    for (size_t i = 0; i < replay->reason_count; i++)
        write_reason(&json, &replay->reasons[i]);
    json_close_array(&json);
    json_u64(&json, "undecided", replay->undecided);
    json_open_object(&json, "not_in_the_record");
    for (unsigned bit = 0; bit < REPLAY_GAP_COUNT; bit++)
        json_u64(&json, gaps[bit], replay->gaps[bit]);
    json_u64(&json, "older_than_version_1", replay->skipped);
    json_close_object(&json);
    json_close_object(&json);
    strbuf_append_byte(out, '\n');
}
