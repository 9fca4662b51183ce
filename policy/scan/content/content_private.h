/*
 * What the parts of the content scan share: the message's state and budgets (content_scan.c), the list of
 * what was found (content_list.c), messages (content_message.c), decoded content (content_stream.c), archives
 * (content_archive.c), uuencoded files (content_uuencode.c), signed content (content_cms.c) and the files in
 * calendars (content_calendar.c). What only one of them uses has a header of its own.
 */
#ifndef CLOSEDRELAY_SCAN_CONTENT_CONTENT_PRIVATE_H
#define CLOSEDRELAY_SCAN_CONTENT_CONTENT_PRIVATE_H

#include "scan/archive/archive.h"
#include "base/strbuf.h"
#include "scan/content/content_scan.h"
#include "scan/mime/calendar_reader.h"
#include "scan/mime/cms_reader.h"
#include "scan/mime/mime_reader.h"
#include "scan/mime/uuencode.h"
#include "scan/text/text_fingerprint.h"

#define CONTENT_NO_ENTRY SIZE_MAX

enum { CONTENT_READ_AGAIN_MAX = 8 }; /* multiparts open at one time that are read in another way too */

/* Where something stands: how much is around it. Passed by value. */
struct content_depth {
    uint32_t levels; /* multiparts and messages */
    uint32_t archives;
    uint32_t parts; /* of the same message, before it; 0 but for the second reading of a multipart */
};

/* Something that may get, or has, an entry in the list. */
struct content_subject {
    struct content_scan *scan;
    char *path;   /* as in struct attachment; talloc, of whoever owns the subject */
    size_t entry; /* index into the list, or CONTENT_NO_ENTRY until something is to be said */
    bool is_member;
    bool is_part_of_document; /* a member of what is a document to its reader */
    bool is_nameless;         /* a member whose names are reported after its content, or never */
    bool is_known_from_raw;   /* the entry was there: the raw reading of a multipart knows better how the file
                         is written */
};

struct content_scan {
    struct content_limits limits;
    struct mime_limits mime_limits;
    struct mime_budget mime_budget; /* its work_left is that of the whole scan */
    struct archive_budget archive_budget;
    struct attachment_list list;
    struct content_subject message; /* for what concerns no single file */
    struct content_message *top;
    struct text_fingerprint fingerprint;
    uint32_t encoded_count;         /* other readings of multiparts that are open */
    uint32_t decoded_pass_count;    /* so many of them are being read, within each other */
    uint32_t second_pass_count;     /* second looks that are open, within each other */
    bool is_decoded_pass_ambiguous; /* what the one that is read shows besides is seen by few clients */
    bool failed;
    bool is_ended;
};

/* ---- content_list.c ---- */

/* The display form of one name: UTF-8, without control characters, not too long. NULL: out of memory (noted).
 */
char *content_label(struct content_scan *scan, void *owner, struct slice name);

/* The one of several candidate names to show to people. */
struct slice content_best_name(const struct slice *names, size_t count);

/* "outer > label", or "label" where `outer` is NULL. NULL: out of memory (noted). */
char *content_path(struct content_scan *scan, void *owner, const char *outer, const char *label);

/* Makes sure the subject has an entry, and returns it; NULL: out of memory, or no more may be kept (both
 * noted). Valid until the next entry. */
struct attachment *content_entry(struct content_subject *subject);

/* Puts what second looks found behind the rest: it is found sooner or later as the message is cut. */
void content_list_order(struct content_scan *scan);

/* Adds a name, and what a piece of that name belongs to, unless it is there. Names that are the same under
 * several encodings are kept once. */
void content_add_name(struct content_subject *subject, struct slice name);

/* Adds the names that a field outside the strict form may spell. */
void content_add_superset(struct content_subject *subject, const struct name_superset *superset);

/* Says what kind of program the subject is; the first kind given stays. `executable` is a constant. */
void content_add_executable(struct content_subject *subject, const char *executable);

/* Says whose script the subject is; the first one given stays. `extension` is a constant. */
void content_add_script(struct content_subject *subject, const char *extension);

/* Sets a condition on the subject; the first reason given stays. `why` is a constant sentence. */
void content_add_condition(struct content_subject *subject, enum attachment_condition condition,
                           const char *why);

/* Sets a condition on the message as a whole. */
void content_add_message_condition(struct content_scan *scan, enum attachment_condition condition,
                                   const char *why);

/* ---- content_scan.c ---- */

/* Notes that memory ran out. */
void content_fail(struct content_scan *scan);

/* Takes units of work from the budget; false once there are none, which is noted. */
bool content_charge(struct content_scan *scan, uint64_t units);

/* One more multipart or message around what comes; false where there are too many, which is noted. */
bool content_enter_level(struct content_scan *scan, struct content_depth *depth);

/* ---- consumers ---- */

/* What can be made of decoded content: one of these functions' pairs for each kind of reader. */
struct content_consumer {
    /* The next bytes, at least one; false once nothing more is wanted. */
    bool (*push)(void *state, struct slice bytes);
    /* No more bytes; called once, and nothing after it. `is_cut`: more would follow that nobody can give, so
     * that they are missing is no damage. */
    void (*end)(void *state, bool is_cut);
};

extern const struct content_consumer content_archive_consumer;  /* struct content_archive */
extern const struct content_consumer content_calendar_consumer; /* struct content_calendar */
extern const struct content_consumer content_cms_consumer;      /* struct content_cms */
extern const struct content_consumer content_mbox_consumer;     /* struct content_mbox */
extern const struct content_consumer content_pgp_consumer;      /* struct content_pgp */
extern const struct content_consumer content_tail_consumer;     /* struct content_tail */
extern const struct content_consumer content_uuencode_consumer; /* struct content_uuencode */
extern const struct content_consumer content_xml_consumer;      /* struct content_xml */

/* ---- content_message.c ---- */

struct content_message;

/* A message standing at `path` (NULL: the one scanned). NULL: out of memory (noted). */
struct content_message *content_message_create(void *owner, struct content_scan *scan, const char *path,
                                               struct content_depth depth);
struct mime_reader *content_message_reader(struct content_message *message);

/* Whether the leaf being read is an attachment, whose size counts although its content may not be wanted. */
bool content_message_is_in_attachment(const struct content_message *message);

/* The next bytes of a message whose header comes with them; false once nothing more is wanted. */
bool content_message_push(struct content_message *message, struct slice bytes);
void content_message_end(struct content_message *message);

/* ---- content_mbox.c ---- */

struct content_mbox;

/* A file of messages at `path`: one, and every other that begins behind it with a "From " line (RFC 4155).
 * NULL: out of memory (noted). */
struct content_mbox *content_mbox_create(void *owner, struct content_scan *scan, const char *path,
                                         struct content_depth depth);

/* ---- content_encoded.c ---- */

struct content_encoded;

/*
 * The decoded reading of a multipart at `path` (NULL: the message itself) that says it is encoded, which RFC
 * 2045 6.4 forbids and some clients believe. What it shows adds to what the raw reading tells. NULL: it is
 * not encoded, or out of memory (noted).
 */
struct content_encoded *content_encoded_create(void *owner, struct content_scan *scan, const char *path,
                                               struct content_depth depth, const struct mime_entity *entity);
/* The next bytes, as they stand in the message, once the raw reading has them. */
void content_encoded_push(struct content_encoded *encoded, struct slice raw);
/* No more bytes, and the line that is not complete is part of it. Told before the raw reading ends. */
void content_encoded_flush(struct content_encoded *encoded);
void content_encoded_end(struct content_encoded *encoded);

/* ---- content_stream.c ---- */

enum content_stream_flag {
    CONTENT_IS_MESSAGE = 1 << 0,    /* read it as a message whatever it looks like */
    CONTENT_IS_TEXT = 1 << 1,       /* declared as text: not a message by its looks, a "#!" is prose */
    CONTENT_HAS_UUENCODE = 1 << 2,  /* uuencoded files count */
    CONTENT_ONLY_UUENCODE = 1 << 3, /* nothing else does */
    CONTENT_NAMED_ARCHIVE =
        1 << 4, /* called an archive by name or type: one is searched for behind other bytes */
    CONTENT_OPENS_FROM_END = 1 << 5, /* called a zip, or what is one: its end is looked at in any case */
    CONTENT_NAME_BINDS = 1 << 6,     /* called an archive that nothing else is called, such as a.lzh */
    CONTENT_IS_SIGNED = 1 << 7, /* in a signature or the like: a message, or just a part's header and body */
    CONTENT_IS_CALENDAR = 1 << 8,   /* a calendar or an address card, whatever it looks like */
    CONTENT_OPENS_BY_NAME = 1 << 9, /* called a tar: read as one whatever stands first */
};

struct content_stream;

/* Decoded content of `subject`, which must outlive the stream. NULL: out of memory (noted). */
struct content_stream *content_stream_create(void *owner, struct content_subject *subject, unsigned flags,
                                             struct content_depth depth);
/* The next bytes; false once nothing more is wanted. */
bool content_stream_push(struct content_stream *stream, struct slice bytes);
void content_stream_end(struct content_stream *stream);
/* The same where more bytes would follow that nobody can give: that they are missing is no damage. */
void content_stream_cut(struct content_stream *stream);
/* Whether all that is waited for is the mark of a zip, which may as well be looked for before decoding. */
bool content_stream_is_searching(const struct content_stream *stream);
/* The mark was found: what is pushed next holds it, and bytes before were left out. */
void content_stream_end_search(struct content_stream *stream);
/* Bytes pushed so far. */
uint64_t content_stream_bytes(const struct content_stream *stream);

/* After its end: whether its first bytes (16 at most) show that it is a picture, say, and nothing that may
 * stand behind them makes anything else of it. */
bool content_stream_is_known(const struct content_stream *stream);
/* After its end: whether it is a zip or a PDF, which say themselves where they end. */
bool content_stream_is_ended_file(const struct content_stream *stream);
/* After its end: whether it is what its sender calls a text, and does not begin as anything else. */
bool content_stream_is_typed_text(const struct content_stream *stream);

/* ---- content_tail.c ---- */

struct content_tail;

/* The end of a file that is no zip by its beginning, but is opened as one by its name: what a zip there holds
 * is reported as members of `subject`, which stands at `depth`. NULL: out of memory (noted). */
struct content_tail *content_tail_create(void *owner, struct content_subject *subject,
                                         struct content_depth depth);

/* ---- content_kind.c ---- */

/* What the stream of something with these names should look for: CONTENT_IS_MESSAGE, CONTENT_NAMED_ARCHIVE,
 * CONTENT_OPENS_FROM_END, CONTENT_OPENS_BY_NAME, CONTENT_NAME_BINDS, CONTENT_IS_CALENDAR,
 * CONTENT_HAS_UUENCODE. */
unsigned content_flags_of_names(const struct slice *names, size_t count);

/* The same for the names that a damaged field may spell. */
unsigned content_flags_of_superset(const struct name_superset *superset);

/* What a name says of a file that is split over several. */
enum content_volume {
    CONTENT_NO_VOLUME,
    CONTENT_MAY_BE_VOLUME, /* a.001, a.z01: so are other files called too */
    CONTENT_IS_VOLUME,     /* a.zip.001, a.part2.rar: nothing else is called so */
};

enum content_volume content_volume_of_name(struct slice name);

/* The surest that a name of the subject says (content_list.c). */
enum content_volume content_subject_volume(struct content_subject *subject);

/* What the pieces of `name` are called when they are put together (a.exe of a.exe.001); empty: not known. */
struct slice content_volume_whole_name(struct slice name);

/* Whether a name is that of a document which is an archive or the like inside. */
bool content_is_document_name(struct slice name);

/* Whether a name is that of a compressed tar, in one word (a.tgz). */
bool content_is_packed_tar_name(struct slice name);

/* Whether a name promises what nobody can judge unread: other files. Documents that are zips inside are not
 * among them: most archives that cannot be unpacked here hold some. */
bool content_is_container_name(struct slice name);

/* `bytes` without empty lines at their beginning. */
struct slice content_after_empty_lines(struct slice bytes);

/* As file_magic_executable, and behind empty lines: clients differ on whether "CR CR LF" ends a header. */
const char *content_executable(struct slice head);

/* Whether a line is a header field's, going by its beginning. */
bool content_is_field_line(struct slice line);

/* Whether `head`, the first bytes of something, is plainly that of a message. */
bool content_looks_like_message(struct slice head);

/* What follows the length that Apple Mail writes before a message; `head` itself where there is none. */
struct slice content_behind_length(struct slice head);

/* Whether `head` begins like the header of an entity, which may be shorter than that of a message. */
bool content_looks_like_entity(struct slice head);

/* Whether `head` begins a text of which nothing that may follow makes anything else: it is plain, and neither
 * markup, a message, a calendar nor anything that file_magic.h or an archive's reader knows. */
bool content_is_prose(struct slice head);

/* Whether `head` begins an OpenPGP message in its text form (RFC 4880 6.2). */
bool content_is_pgp_message(struct slice head);

/* ---- content_calendar.c ---- */

struct content_calendar;

/* A calendar or address card that is `subject`. NULL: out of memory (noted). */
struct content_calendar *content_calendar_create(void *owner, struct content_subject *subject,
                                                 struct content_depth depth);

/* ---- content_pgp.c ---- */

struct content_pgp;

/* An OpenPGP message in its text form that is `subject`. NULL: out of memory (noted). */
struct content_pgp *content_pgp_create(void *owner, struct content_subject *subject,
                                       struct content_depth depth);

/* ---- content_xml.c ---- */

struct content_xml;

/* A document in XML (xml_document.h) that is `subject`. NULL: out of memory, or too deep (noted). */
struct content_xml *content_xml_create(void *owner, struct content_subject *subject,
                                       struct content_depth depth);

/* ---- content_cms.c ---- */

struct content_cms;

/* A CMS structure (S/MIME) that is `subject`, whose content can be read. NULL: too deep, or out of memory
 * (noted). */
struct content_cms *content_cms_create(void *owner, struct content_subject *subject, enum cms_kind kind,
                                       struct content_depth depth);

/* ---- content_archive.c ---- */

struct content_archive;

/* The format whose mark is in `head`, the first bytes of something; NULL if none. */
const struct archive_format *content_archive_recognise(struct slice head);

/* An archive of `format` that is `subject`. `is_embedded`: it was found behind other bytes, and damage says
 * nothing. NULL: out of memory or too deep (noted). */
struct content_archive *content_archive_create(void *owner, struct content_subject *subject,
                                               const struct archive_format *format,
                                               struct content_depth depth, bool is_embedded);

/* The zip at the end of `subject`, whose last bytes are `tail`; it was recognised (archive/zip_tail.h). */
void content_archive_read_tail(void *owner, struct content_subject *subject, struct content_depth depth,
                               struct slice tail);

/* ---- content_uuencode.c ---- */

struct content_uuencode;

/* A text standing at `path` in which uuencoded files count. NULL: out of memory (noted). */
struct content_uuencode *content_uuencode_create(void *owner, struct content_scan *scan, const char *path,
                                                 struct content_depth depth);
void content_uuencode_push(struct content_uuencode *uuencode, struct slice bytes);
void content_uuencode_end(struct content_uuencode *uuencode);

#endif
