#include "scan/archive/archive_walk.h"
#include "scan/archive/archive_budget.h"
#include "scan/archive/archive_padding.h"

#include <assert.h>

static const char out_of_memory[] = "no memory for the archive's index";

void archive_walk_init(struct archive_walk *walk, const struct archive_sink *sink,
                       struct archive_budget *budget)
{
    *walk = (struct archive_walk){.sink = sink, .budget = budget};
    strbuf_init(&walk->record, 0);
}

void archive_walk_deinit(struct archive_walk *walk)
{
    archive_budget_give_back_kept(walk->budget, walk->charged_bytes);
    walk->charged_bytes = 0;
    strbuf_deinit(&walk->record);
}

static uint64_t sum_saturated(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void archive_walk_skip(struct archive_walk *walk, uint64_t byte_count)
{
    uint64_t *left = walk->content_left > 0 ? &walk->skip_after : &walk->skip_left;
    *left = sum_saturated(*left, byte_count);
}

void archive_walk_content(struct archive_walk *walk, uint64_t byte_count)
{
    walk->content_left = sum_saturated(walk->content_left, byte_count);
}

/* The charge is made whether or not the record will have to be gathered, so that where the pieces are cut
 * changes nothing. */
void archive_walk_record(struct archive_walk *walk, size_t byte_count)
{
    assert(byte_count > 0 && walk->wanted == 0);
    if (!archive_budget_take_kept(walk->budget, byte_count)) {
        archive_walk_stop(walk, ARCHIVE_OVER_BUDGET, "the archive's index is too large to keep");
        return;
    }
    walk->charged_bytes = byte_count;
    walk->wanted = byte_count;
    walk->until_nul = false;
}

void archive_walk_text(struct archive_walk *walk, size_t most_bytes)
{
    archive_walk_record(walk, most_bytes);
    walk->until_nul = true;
}

void archive_walk_call_back(struct archive_walk *walk)
{
    assert(walk->content_left > 0 &&
           walk->wanted == 0); /* so that no reader can go round without consuming */
    walk->calls_back = true;
}

void archive_walk_finish(struct archive_walk *walk)
{
    walk->finished = true;
    archive_walk_member_end(walk);
}

void archive_walk_expect_end(struct archive_walk *walk)
{
    walk->trailing = true;
    archive_walk_member_end(walk);
}

void archive_walk_report(struct archive_walk *walk, enum archive_outcome outcome, const char *why)
{
    unsigned bit = 1u << outcome;
    if ((walk->reported & bit) != 0)
        return;
    walk->reported |= bit;
    walk->sink->outcome(walk->sink->context, outcome, why);
}

void archive_walk_stop(struct archive_walk *walk, enum archive_outcome outcome, const char *why)
{
    if (walk->finished)
        return;
    walk->content_missing = true;
    archive_walk_finish(walk);
    archive_walk_report(walk, outcome, why);
}

static void report_other_name(struct archive_walk *walk, struct slice name)
{
    if (walk->member_open && name.length > 0 && walk->sink->other_name != NULL)
        walk->sink->other_name(walk->sink->context, name);
}

/* Much software ends a name at its first NUL, whatever length the archive gives it. */
static void report_before_nul(struct archive_walk *walk, struct slice name)
{
    size_t length = slice_find(name, '\0');
    if (length < name.length)
        report_other_name(walk, slice_part(name, 0, length));
}

bool archive_walk_member(struct archive_walk *walk, const struct archive_member *member)
{
    archive_walk_member_end(walk);
    if (!archive_budget_take_entry(walk->budget)) {
        archive_walk_stop(walk, ARCHIVE_OVER_BUDGET, "too many members");
        return false;
    }
    walk->member_open = true;
    walk->content_missing = false;
    walk->member_wanted = walk->sink->member(walk->sink->context, member);
    report_before_nul(walk, member->name);
    return true;
}

void archive_walk_other_name(struct archive_walk *walk, struct slice name)
{
    report_other_name(walk, name);
    report_before_nul(walk, name);
}

bool archive_walk_data(struct archive_walk *walk, struct slice data)
{
    if (!walk->member_open || data.length == 0)
        return false;
    if (walk->member_wanted)
        walk->member_wanted = walk->sink->member_data(walk->sink->context, data);
    if (!walk->member_wanted)
        walk->content_missing = true;
    return walk->member_wanted;
}

void archive_walk_content_missing(struct archive_walk *walk)
{
    walk->content_missing = true;
}

void archive_walk_member_end(struct archive_walk *walk)
{
    if (!walk->member_open)
        return;
    walk->member_open = false;
    walk->sink->member_end(walk->sink->context, !walk->content_missing);
}

/* Cuts the next `most` bytes, or what there is, off the front of `bytes`. */
static struct slice take_bytes(struct archive_walk *walk, struct slice *bytes, uint64_t most)
{
    size_t count = most < bytes->length ? (size_t)most : bytes->length;
    struct slice taken = slice_part(*bytes, 0, count);
    *bytes = slice_part(*bytes, count, bytes->length);
    walk->position += count;
    return taken;
}

/* How many of `bytes` belong to the record being gathered; `whole` says whether they complete it. */
static size_t record_bytes(const struct archive_walk *walk, struct slice bytes, bool *whole)
{
    size_t missing = walk->wanted - walk->record.length;
    size_t count = missing < bytes.length ? missing : bytes.length;
    *whole = count == missing;
    if (walk->until_nul) {
        size_t nul = slice_find(slice_part(bytes, 0, count), '\0');
        if (nul < count) {
            count = nul + 1;
            *whole = true;
        }
    }
    return count;
}

static void hand_record(struct archive_walk *walk, struct slice record, archive_walk_step *step, void *reader)
{
    archive_budget_give_back_kept(walk->budget, walk->charged_bytes);
    walk->charged_bytes = 0;
    walk->wanted = 0;
    walk->calls_back = false;
    step(reader, record);
    assert(walk->finished || walk->trailing || walk->calls_back || walk->wanted > 0);
    strbuf_deinit(&walk->record);
}

static void gather_record(struct archive_walk *walk, struct slice *bytes, archive_walk_step *step,
                          void *reader)
{
    bool whole;
    struct slice piece = take_bytes(walk, bytes, record_bytes(walk, *bytes, &whole));
    if (whole && walk->record.length == 0) {
        hand_record(walk, piece, step, reader);
        return;
    }
    strbuf_append_slice(&walk->record, piece);
    if (walk->record.failed)
        archive_walk_stop(walk, ARCHIVE_OVER_BUDGET, out_of_memory);
    else if (whole)
        hand_record(walk, strbuf_slice(&walk->record), step, reader);
}

static void pass_trailing(struct archive_walk *walk, struct slice *bytes)
{
    struct slice piece = take_bytes(walk, bytes, bytes->length);
    if (archive_padding_length(piece) < piece.length)
        archive_walk_stop(walk, ARCHIVE_CONTRADICTORY, "something follows the end of the archive");
}

static void pass_content(struct archive_walk *walk, struct slice *bytes)
{
    struct slice piece = take_bytes(walk, bytes, walk->content_left);
    walk->content_left -= piece.length;
    if (walk->content_left == 0) {
        walk->skip_left = walk->skip_after;
        walk->skip_after = 0;
    }
    archive_walk_data(walk, piece);
}

bool archive_walk_push(struct archive_walk *walk, struct slice bytes, archive_walk_step *step, void *reader)
{
    while (bytes.length > 0 && !walk->finished) {
        if (walk->skip_left > 0)
            walk->skip_left -= take_bytes(walk, &bytes, walk->skip_left).length;
        else if (walk->content_left > 0)
            pass_content(walk, &bytes);
        else if (walk->trailing)
            pass_trailing(walk, &bytes);
        else if (walk->calls_back)
            hand_record(walk, slice_make("", 0), step, reader);
        else
            gather_record(walk, &bytes, step, reader);
    }
    return !walk->finished;
}

void archive_walk_end(struct archive_walk *walk, bool may_end)
{
    bool inside = walk->skip_left > 0 || walk->content_left > 0 || walk->record.length > 0;
    if (inside || (!may_end && !walk->trailing))
        archive_walk_stop(walk, ARCHIVE_DAMAGED, "the archive is cut short");
    else
        archive_walk_finish(walk);
}
