/*
 * Zips for tests, honest and otherwise: what a local header, the data behind it and the central directory say
 * is set apart. A builder begun with zip_build_begin must be ended with zip_build_free.
 */
#ifndef CLOSEDRELAY_TEST_ZIP_BUILD_H
#define CLOSEDRELAY_TEST_ZIP_BUILD_H

#include "base/strbuf.h"

enum zip_build_descriptor {
    ZIP_BUILD_NO_DESCRIPTOR,
    ZIP_BUILD_SHORT_DESCRIPTOR,
    ZIP_BUILD_LONG_DESCRIPTOR, /* 8-byte sizes */
    ZIP_BUILD_BARE_DESCRIPTOR, /* without signature */
    ZIP_BUILD_BARE_LONG_DESCRIPTOR,
};

struct zip_build_member {
    const char *name;
    const char *listed_name;         /* in the central directory; NULL: the same */
    const char *unicode_name;        /* in extra field 0x7075 of the local header; NULL: none */
    const char *listed_unicode_name; /* of the central one */
    struct slice data;
    unsigned method; /* 0 or 8 are really applied; with `raw` none is */
    unsigned flags;  /* besides the one for descriptors, which is set where there is one */
    enum zip_build_descriptor descriptor;
    bool raw;                 /* `data` is stored whatever `method` says */
    bool unlisted;            /* not in the central directory */
    bool absent;              /* only there */
    bool sizes_stay;          /* in the local header although there is a descriptor */
    bool zip64;               /* sizes and offset in zip64 fields */
    int listed_size_more;     /* added to the packed size in the central directory, */
    int descriptor_size_more; /* or in the descriptor, */
    int local_size_more;      /* or in the local header */
    int listed_offset_more;   /* added to the offset in the central directory */
    unsigned listed_method_more;
};

struct zip_build {
    struct strbuf out;
    struct strbuf directory;
    size_t start;   /* what offsets count from */
    unsigned count; /* entries in the central directory */
    bool zip64;     /* zip64 end records too */
};

void zip_build_begin(struct zip_build *build);
void zip_build_free(struct zip_build *build);

/* Adds bytes that belong to nobody. */
void zip_build_junk(struct zip_build *build, struct slice bytes);
void zip_build_add(struct zip_build *build, const struct zip_build_member *member);
/* The short form: stored, honest. */
void zip_build_text(struct zip_build *build, const char *name, const char *text);

/* The central directory and the end record, with `comment`; then another archive may be begun. */
void zip_build_finish(struct zip_build *build, const char *comment);
/* The two apart. */
void zip_build_directory(struct zip_build *build);
void zip_build_end(struct zip_build *build, size_t directory_at, struct slice comment);

struct slice zip_build_bytes(const struct zip_build *build);

#endif
