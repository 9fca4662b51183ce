/*
 * Small writers of archives for the corpus: one or more members, stored as they are. The same input gives the
 * same bytes: no time, no chance. Members come as name, content, name, content … A name may begin with
 * options in angle brackets ("<local=safe.txt>evil.exe"), which each writer describes. False: an option is
 * not known.
 */
#ifndef CLOSEDRELAY_SELFTEST_ARCHIVE_WRITERS_H
#define CLOSEDRELAY_SELFTEST_ARCHIVE_WRITERS_H

#include "template.h"

/* Little-endian and big-endian numbers of `count` bytes. */
void bytes_le(struct strbuf *out, uint64_t value, unsigned count);
void bytes_be(struct strbuf *out, uint64_t value, unsigned count);
void bytes_zero(struct strbuf *out, size_t count);
/* Each character as two bytes, little-endian; bytes beyond ASCII as Latin-1. */
void bytes_utf16(struct strbuf *out, struct slice text);
/* Zeros up to a multiple of `unit`. */
void bytes_pad(struct strbuf *out, size_t unit);
uint32_t bytes_crc32(struct slice s);
uint16_t bytes_crc16(struct slice s);

/* One member: the options taken off its name. `value` of an option "word=value". */
struct member_options {
    struct slice name;
    struct slice local; /* another name for a local header */
    struct slice other; /* another name in an extra field or the like */
    bool has_local;
    bool has_other;
    bool is_encrypted;
    bool is_unlisted;    /* not in the index */
    bool is_only_listed; /* in the index alone */
    bool has_descriptor; /* sizes behind the content */
    bool is_packed;      /* called packed by a method that nobody knows */
    bool is_zip64;
    bool is_damaged; /* its check sum is wrong */
};
bool member_options_read(struct slice name, struct member_options *options);

bool write_zip(const struct template_call *call, struct strbuf *out);
bool write_tar(const struct template_call *call, struct strbuf *out);
bool write_tar_many(const struct template_call *call, struct strbuf *out);
bool write_gzip(const struct template_call *call, struct strbuf *out);
bool write_xz(const struct template_call *call, struct strbuf *out);
bool write_zeros_gzip(const struct template_call *call, struct strbuf *out);
bool write_seven_zip(const struct template_call *call, struct strbuf *out);
bool write_seven_zip_packed(const struct template_call *call, struct strbuf *out);
bool write_rar4(const struct template_call *call, struct strbuf *out);
bool write_rar5(const struct template_call *call, struct strbuf *out);
bool write_cab(const struct template_call *call, struct strbuf *out);
bool write_iso(const struct template_call *call, struct strbuf *out);
bool write_lha(const struct template_call *call, struct strbuf *out);
bool write_ar(const struct template_call *call, struct strbuf *out);
bool write_lzw(const struct template_call *call, struct strbuf *out);
bool write_arj(const struct template_call *call, struct strbuf *out);
bool write_tnef(const struct template_call *call, struct strbuf *out);
bool write_ole(const struct template_call *call, struct strbuf *out);
bool write_cms_signed(const struct template_call *call, struct strbuf *out);
bool write_cms_pieces(const struct template_call *call, struct strbuf *out);
bool write_cms_compressed(const struct template_call *call, struct strbuf *out);
bool write_cms_enveloped(const struct template_call *call, struct strbuf *out);

#endif
