#include "scan/mime/name_superset.h"

#include "base/strbuf.h"
#include "scan/mime/name_step.h"
#include "scan/mime/name_text.h"

/* How often what was decoded is decoded again: gateways encode what is encoded already. */
enum { ROUNDS = 3 };

/* In a reduced text: a control character or the edge of an encoded word, and a character beyond ASCII. */
enum { CONTROL = NAME_STEP_EDGE, OTHER = '\x7f' };

void name_superset_init(struct name_superset *superset, void *owner)
{
    name_set_init(&superset->texts, owner, NAME_SUPERSET_TEXTS);
    name_set_init(&superset->pieces, owner, NAME_SUPERSET_PIECES);
    superset->decoded_bytes = superset->spelling_steps = 0;
    superset->has_too_many_spellings = false;
}

bool name_superset_is_empty(const struct name_superset *superset)
{
    return superset->texts.count == 0;
}

bool name_superset_failed(const struct name_superset *superset)
{
    return superset->texts.failed || superset->pieces.failed;
}

/* ---- reducing ---- */

/* What one character is in a reduced text; `with_looks`: characters beyond ASCII as the ASCII that some make
 * of them. */
static char reduced_character(uint32_t code, enum name_text_kind kind, bool with_looks)
{
    bool has_look = kind != NAME_TEXT_INVALID && (with_looks || code < 0x80);
    char look = has_look ? name_text_look(code) : '\0';
    if (code == 0 || (kind == NAME_TEXT_CHARACTER && code >= 0x80 && name_text_is_invisible(code)))
        return CONTROL;
    if (look == '\0')
        return OTHER;
    return name_text_is_control(look) ? (char)CONTROL : look;
}

/* Lower case, CONTROL and OTHER for what is no ASCII. */
static void append_reduced(struct slice text, bool with_looks, struct strbuf *out)
{
    while (text.length > 0) {
        uint32_t code;
        enum name_text_kind kind;
        size_t length = name_text_decode(text, &code, &kind);
        strbuf_append_byte(out, reduced_character(code, kind, with_looks));
        text = slice_part(text, length, text.length);
    }
}

/* Behind the comment that begins at `at` (RFC 5322 3.2.2), without regard to others in it. */
static size_t skip_comment(struct slice text, size_t at)
{
    size_t close = at + slice_find(slice_part(text, at, text.length), ')');
    return close < text.length ? close + 1 : at;
}

/* The offset behind the first "name" that is left once all that may be dropped is, or the length. */
static size_t find_name(struct slice reduced, bool with_comments)
{
    static const char word[] = "name";
    size_t matched = 0;
    for (size_t i = 0; i < reduced.length; i++) {
        char c = reduced.data[i];
        size_t behind = c == '(' && !with_comments ? skip_comment(reduced, i) : i;
        if (behind > i)
            i = behind - 1;
        else if (c == word[matched])
            matched++;
        else if (ascii_is_alpha(c) || ascii_is_digit(c))
            matched = c == word[0] ? 1 : 0;
        if (matched == sizeof word - 1)
            return i + 1;
    }
    return reduced.length;
}

/* From where on a name may be a value. */
static struct slice behind_name(struct slice reduced)
{
    size_t with = find_name(reduced, true), without = find_name(reduced, false);
    return slice_part(reduced, with < without ? with : without, reduced.length);
}

/* What some program leaves out of a name; a blank only beside such. */
static bool is_droppable(char c)
{
    return c == CONTROL || c == OTHER || strchr("\"'\\<>|*?:/=&@[]{}()+^`~!#$%,", c) != NULL;
}

static bool ends_piece(char c)
{
    return strchr("\"'=;:*,()<>?@[]/\\", c) != NULL || c == CONTROL || c == OTHER;
}

static void add_stripped_piece(struct name_superset *superset, struct slice piece)
{
    struct strbuf stripped;
    strbuf_init(&stripped, 0);
    for (size_t i = 0; i < piece.length; i++)
        if (!is_droppable(piece.data[i]))
            strbuf_append_byte(&stripped, piece.data[i]);
    name_set_add(&superset->pieces, strbuf_slice(&stripped));
    superset->pieces.failed = superset->pieces.failed || stripped.failed;
    strbuf_deinit(&stripped);
}

/* Values between the bytes that are none of a token (RFC 2045 5.1) and may end one, also without what may be
 * dropped; such as hold a blank also cut there. */
static void add_pieces(struct name_superset *superset, struct slice reduced)
{
    for (size_t from = 0; from < reduced.length;) {
        size_t end = from;
        while (end < reduced.length && !ends_piece(reduced.data[end]))
            end++;
        struct slice piece = slice_trim(slice_part(reduced, from, end));
        name_set_add(&superset->pieces, piece);
        name_set_add(&superset->pieces, slice_part(piece, 0, slice_find(piece, ' ')));
        add_stripped_piece(superset, piece);
        from = end + 1;
    }
}

static void add_reduced(struct name_superset *superset, struct slice text, bool with_looks)
{
    struct strbuf reduced;
    strbuf_init(&reduced, 0);
    append_reduced(text, with_looks, &reduced);
    struct slice rest = behind_name(strbuf_slice(&reduced));
    if (name_set_add(&superset->texts, rest) && slice_find(strbuf_slice(&reduced), '*') < reduced.length)
        add_pieces(superset, rest);
    superset->texts.failed = superset->texts.failed || reduced.failed;
    strbuf_deinit(&reduced);
}

static void add_text(struct name_superset *superset, struct slice text)
{
    bool is_ascii = true;
    for (size_t i = 0; i < text.length; i++)
        is_ascii = is_ascii && (unsigned char)text.data[i] < 0x80;
    add_reduced(superset, text, true);
    if (!is_ascii)
        add_reduced(superset, text, false);
}

static void add_decoded(struct name_superset *superset, struct slice text, int rounds);

/* Adds what one step of decoding makes of `text`, unless that is nothing new. */
static void add_step(struct name_superset *superset, struct slice text, int rounds, struct strbuf *step)
{
    superset->texts.failed = superset->texts.failed || step->failed;
    if (step->length > 0 && !slice_equal(strbuf_slice(step), text))
        add_decoded(superset, strbuf_slice(step), rounds - 1);
    strbuf_truncate(step, 0);
}

static void add_decoded(struct name_superset *superset, struct slice text, int rounds)
{
    struct strbuf step;
    add_text(superset, text);
    if (rounds == 0)
        return;
    strbuf_init(&step, 0);
    for (enum name_step kind = 0; kind < NAME_STEP_COUNT; kind++) {
        superset->decoded_bytes += text.length;
        if (superset->decoded_bytes > NAME_SUPERSET_DECODED_BYTES) {
            superset->texts.is_over_limit = true;
            break;
        }
        name_step_append(kind, text, &step);
        /* Nothing is in the words any more that were enclosed. */
        add_step(superset, text, kind == NAME_STEP_DROPPED_WORDS ? 1 : rounds, &step);
    }
    strbuf_deinit(&step);
}

void name_superset_add(struct name_superset *superset, struct slice field)
{
    struct strbuf joined;
    if (field.length > NAME_SUPERSET_FIELD_BYTES) {
        superset->texts.is_over_limit = true;
        field.length = NAME_SUPERSET_FIELD_BYTES;
    }
    add_decoded(superset, field, ROUNDS);
    if (slice_find(field, '*') == field.length)
        return;
    strbuf_init(&joined, 0);
    strbuf_append_text(&joined, "name="); /* its key may be among what was left out */
    name_step_append_joined(field, &joined);
    superset->texts.failed = superset->texts.failed || joined.failed;
    add_decoded(superset, strbuf_slice(&joined), ROUNDS);
    strbuf_deinit(&joined);
}

/* ---- asking ---- */

/* Words, and ends of host names, which stand in honest names with a blank behind them. */
static bool is_word(struct slice extension)
{
    static const char *const words[] = {"com",     "app",         "url", "prf", "prg",   "reg",     "ins",
                                        "inf",     "its",         "bas", "job", "link",  "name",    "one",
                                        "pl",      "ps",          "py",  "sh",  "theme", "website", "gadget",
                                        "library", "application", "zip", "mov", "cc",    "md",      "rs"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (slice_equal(extension, slice_of(words[i])))
            return true;
    return false;
}

static bool is_name_byte(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_' || c == '.' || c == OTHER;
}

/* Over a run of what may be dropped, and blanks; `*is_blank`: of nothing else. */
static size_t skip_droppable(struct slice text, size_t at, bool *is_blank)
{
    *is_blank = true;
    while (at < text.length && (is_droppable(text.data[at]) || text.data[at] == ' '))
        *is_blank = text.data[at++] == ' ' && *is_blank;
    return at;
}

/* Whether a parameter may begin at `at`: behind a semicolon in a sentence none does. */
static bool begins_parameter(struct slice text, size_t at)
{
    while (at < text.length && (text.data[at] == ' ' || text.data[at] == CONTROL || text.data[at] == '"'))
        at++;
    if (at < text.length && strchr(");,>]}", text.data[at]) != NULL) /* no sentence goes on so */
        return true;
    size_t end = at;
    while (end < text.length && (is_name_byte(text.data[end]) || text.data[end] == '*'))
        end++;
    return end == text.length || text.data[end] == '=' || text.data[end] == ';';
}

/* Whether `at` is inside quotes that began before it. */
static bool is_in_quotes(struct slice text, size_t at)
{
    bool is_open = false;
    for (size_t i = 0; i < at; i++)
        is_open = is_open != (text.data[i] == '"');
    return is_open;
}

/* How sure it must be that a name ends where an extension does. */
enum ending {
    ENDING_NAME,  /* a name may */
    ENDING_VALUE, /* a value does */
    ENDING_WORD,  /* a value does, and no sentence goes on behind its semicolon */
    ENDING_HOST,  /* so, and no quote is left open: a name with line ends in it is broken behind a host's */
};

static enum ending ending_of(struct slice extension)
{
    if (slice_equal(extension, slice_of("com"))) /* which of its files are programs is known by content */
        return ENDING_HOST;
    return is_word(extension) ? ENDING_WORD : ENDING_NAME;
}

/* Whether a name may end at `at`. */
static bool may_end(struct slice text, size_t at, enum ending ending)
{
    const bool is_strict = ending != ENDING_NAME;
    size_t end = at;
    if (!is_strict && at < text.length && text.data[at] == OTHER) /* none of a token either */
        return true;
    while (end < text.length && strchr("._\x7f", text.data[end]) != NULL) /* an underscore may be a blank */
        end++;
    if (end == text.length)
        return ending != ENDING_HOST || !is_in_quotes(text, at);
    char c = text.data[end];
    if (c == '/' || c == '\\') {
        bool is_blank;
        size_t behind = skip_droppable(text, end, &is_blank);
        /* None of a token (RFC 2045 5.1): the value may end there. */
        return !is_strict || behind == text.length || text.data[behind] == ';' ||
               memchr(text.data + end, '"', behind - end) != NULL;
    }
    if (!is_strict)
        return !is_name_byte(c);
    size_t behind = end;
    while (behind < text.length && (text.data[behind] == CONTROL || text.data[behind] == ' '))
        behind++;
    end = c == CONTROL || behind == text.length || text.data[behind] == ';' ? behind : end;
    if (end == text.length || text.data[end] == ';')
        return end == text.length || ending == ENDING_VALUE || begins_parameter(text, end + 1);
    return strchr("\"?'", text.data[end]) != NULL;
}

/* An extension that is being spelled. */
struct spelling {
    size_t steps_left;
    bool (*visit)(void *context, struct slice extension);
    void *context;
    bool has_pieces; /* some value may be one word, in which blanks are dropped */
    bool has_gap;    /* blanks were dropped elsewhere, as mailparse does of a value without quotes */
    unsigned x_left; /* so much more of what cannot be in a name may be replaced by one, as munpack does */
    char text[NAME_SUPERSET_EXTENSION_BYTES];
    size_t length;
};

/* Tells what is spelled if a name may end at `at`. False: the visitor has enough. */
static bool spelling_end(struct spelling *spelling, struct slice text, size_t at)
{
    struct slice extension = slice_make(spelling->text, spelling->length);
    enum ending ending = ending_of(extension);
    if (ending == ENDING_NAME && spelling->has_gap)
        ending = ENDING_VALUE;
    return extension.length == 0 || !may_end(text, at, ending) ||
           spelling->visit(spelling->context, extension);
}

/* Counts a step over `bytes`. False: there were enough. */
static bool spelling_step(struct spelling *spelling, size_t bytes)
{
    size_t steps = 1 + bytes;
    spelling->steps_left = spelling->steps_left > steps ? spelling->steps_left - steps : 0;
    return spelling->steps_left > 0;
}

static bool is_extension_byte(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_';
}

/* Whether munpack writes an X for it. */
static bool is_replaced(char c, bool is_behind_dot)
{
    return c == ' ' ? !is_behind_dot
                    : c == CONTROL || c == OTHER || strchr("!\"$&'()*;<>?[\\]`{|}", c) != NULL;
}

/* Spells on from `at`. False: the visitor has enough. */
static bool spell_on(struct spelling *spelling, struct slice text, size_t at, unsigned comments_left)
{
    for (;;) {
        if (!spelling_step(spelling, 0) || !spelling_end(spelling, text, at))
            return false;
        if (at == text.length || spelling->length == sizeof spelling->text)
            return true;
        if (is_extension_byte(text.data[at])) {
            spelling->text[spelling->length++] = text.data[at++];
            continue;
        }
        const size_t length = spelling->length;
        const bool has_gap = spelling->has_gap;
        if (text.data[at] == '(' && comments_left > 0) {
            size_t behind = skip_comment(text, at);
            if (!spelling_step(spelling, behind - at) ||
                (behind > at && !spell_on(spelling, text, behind, comments_left - 1)))
                return false;
            spelling->length = length;
            spelling->has_gap = has_gap;
        }
        if (spelling->x_left > 0 && is_replaced(text.data[at], length == 0)) {
            spelling->x_left--;
            spelling->text[spelling->length++] = 'x';
            if (!spell_on(spelling, text, at + 1, 0))
                return false;
            spelling->x_left++;
            spelling->length = length;
            spelling->has_gap = has_gap;
        }
        bool is_blank;
        size_t next = skip_droppable(text, at, &is_blank);
        if (next == at)
            return true;
        if (!spelling_step(spelling, next - at))
            return false;
        spelling->has_gap = spelling->has_gap || (is_blank && !spelling->has_pieces);
        at += 1 + slice_find(slice_part(text, at + 1, next), '('); /* a comment may begin inside */
    }
}

static bool visit_text(struct spelling *spelling, struct slice text)
{
    enum { COMMENTS = 4, REPLACED = 2 };
    for (size_t at = slice_find(text, '.'); at < text.length;
         at += 1 + slice_find(slice_part(text, at + 1, text.length), '.')) {
        spelling->length = 0;
        spelling->has_gap = false;
        spelling->x_left = REPLACED;
        if (!spell_on(spelling, text, at + 1, COMMENTS))
            return false;
    }
    return true;
}

/* What stands behind the last dot of one piece, and then another. */
static bool visit_pairs(struct spelling *spelling, const struct name_set *pieces)
{
    for (size_t i = 0; i < pieces->count; i++) {
        struct slice first = pieces->items[i];
        size_t dot = slice_find_last(first, '.');
        if (dot == first.length || first.length - dot > sizeof spelling->text)
            continue;
        for (size_t k = 0; k < pieces->count; k++) {
            spelling->length = first.length - dot - 1;
            spelling->has_gap = false;
            spelling->x_left = 0; /* munpack puts no pieces together */
            memcpy(spelling->text, first.data + dot + 1, spelling->length);
            if (pieces->items[k].data[0] != '.' && !spell_on(spelling, pieces->items[k], 0, 0))
                return false;
        }
    }
    return true;
}

static bool visit_all(struct spelling *spelling, const struct name_superset *superset)
{
    spelling->has_pieces = superset->pieces.count > 0;
    spelling->steps_left = NAME_SUPERSET_STEPS;
    for (size_t i = 0; i < superset->texts.count; i++)
        if (!visit_text(spelling, superset->texts.items[i]))
            return false;
    return visit_pairs(spelling, &superset->pieces);
}

bool name_superset_visit(const struct name_superset *superset,
                         bool (*visit)(void *context, struct slice extension), void *context)
{
    struct spelling spelling = {.visit = visit, .context = context};
    return visit_all(&spelling, superset) || spelling.steps_left == 0;
}

static bool visit_nothing(void *context, struct slice extension)
{
    (void)context;
    (void)extension;
    return true;
}

void name_superset_measure(struct name_superset *superset)
{
    struct spelling spelling = {.visit = visit_nothing};
    superset->has_too_many_spellings = !visit_all(&spelling, superset);
    superset->spelling_steps = NAME_SUPERSET_STEPS - spelling.steps_left;
}

uint64_t name_superset_work(const struct name_superset *superset)
{
    enum { BYTE_WORK = 64, STEP_WORK = 256 }; /* a step is taken again by each who asks */
    return (uint64_t)superset->decoded_bytes * BYTE_WORK + (uint64_t)superset->spelling_steps * STEP_WORK;
}

bool name_superset_is_over_limit(const struct name_superset *superset)
{
    return superset->texts.is_over_limit || superset->pieces.is_over_limit ||
           superset->has_too_many_spellings;
}

/* Whether `piece` ends in a dot and the first `count` bytes of the extension. */
static bool piece_begins(struct slice piece, struct slice extension, size_t count)
{
    return piece.length > count && piece.data[piece.length - count - 1] == '.' &&
           memcmp(piece.data + piece.length - count, extension.data, count) == 0;
}

bool name_superset_pieces_spell(const struct name_superset *superset, struct slice extension)
{
    /* The numbers of bytes of the extension that some pieces spell behind a dot. */
    bool reached[NAME_SUPERSET_EXTENSION_BYTES] = {false};
    const struct name_set *pieces = &superset->pieces;
    const enum ending ending = ending_of(extension);
    if (pieces->count == 0 || extension.length >= sizeof reached)
        return false;
    for (size_t i = 0; i < pieces->count; i++)
        for (size_t count = 0; count < extension.length; count++)
            reached[count] = reached[count] || piece_begins(pieces->items[i], extension, count);
    for (size_t count = 0; count < extension.length; count++) {
        struct slice rest = slice_part(extension, count, extension.length);
        for (size_t i = 0; reached[count] && i < pieces->count; i++) {
            struct slice piece = pieces->items[i];
            if (slice_starts_nocase(piece, rest) && may_end(piece, rest.length, ending))
                return true;
            if (piece.length < rest.length && slice_starts_nocase(rest, piece))
                reached[count + piece.length] = true;
        }
    }
    return false;
}
