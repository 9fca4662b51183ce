#include "load_body.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTBEGIN(bugprone-not-null-terminated-result): bytes, not strings */

enum { LINE_FILE_BYTES = 57, LINE_BYTES = 78 }; /* of the file, and as base64 with CR LF */

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char tail[] = "--=_bound--\r\n";

static char *get_memory(size_t bytes)
{
    char *memory = malloc(bytes);
    if (memory == NULL)
        exit(71);
    return memory;
}

static char *put_head(char *to, const char *name, const char *type)
{
    return to + sprintf(to,
                        "--=_bound\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSee the attachment.\r\n"
                        "--=_bound\r\nContent-Type: %s; name=\"%s\"\r\n"
                        "Content-Disposition: attachment; filename=\"%s\"\r\n"
                        "Content-Transfer-Encoding: base64\r\n\r\n",
                        type, name, name);
}

static size_t fill_base64(char *to, size_t length)
{
    uint32_t state = 1;
    size_t at = 0;
    for (; at + LINE_BYTES <= length; at += LINE_BYTES) {
        for (size_t i = 0; i < LINE_BYTES - 2; i++) {
            state = state * 1664525U + 1013904223U;
            to[at + i] = digits[state >> 26];
        }
        memcpy(to + at + LINE_BYTES - 2, "\r\n", 2);
    }
    return at;
}

static size_t fill_text(char *to, size_t length)
{
    static const char line[] =
        "The quick brown fox jumps over the lazy dog, and the mail goes on its way.\r\n";
    size_t at = 0;
    for (; at + sizeof line - 1 <= length; at += sizeof line - 1)
        memcpy(to + at, line, sizeof line - 1);
    return at;
}

struct load_body load_body_make(size_t bytes)
{
    struct load_body body = {.data = get_memory(bytes + 1024), .is_multipart = bytes > 100000};
    char *end = body.data;
    if (body.is_multipart) {
        end = put_head(end, "report.pdf", "application/pdf");
        end += fill_base64(end, bytes);
        end = mempcpy(end, tail, sizeof tail - 1);
    } else {
        end += fill_text(end, bytes > 900 ? bytes - 900 : 0); /* the headers take the rest */
    }
    body.length = (size_t)(end - body.data);
    return body;
}

/* One group of four digits for up to three bytes. */
static char *encode_group(char *to, const unsigned char *from, size_t count)
{
    uint32_t bits =
        (uint32_t)from[0] << 16 | (uint32_t)(count > 1 ? from[1] : 0) << 8 | (count > 2 ? from[2] : 0);
    to[0] = digits[bits >> 18];
    to[1] = digits[bits >> 12 & 63];
    to[2] = count > 1 ? digits[bits >> 6 & 63] : '=';
    to[3] = count > 2 ? digits[bits & 63] : '=';
    return to + 4;
}

static char *encode(char *to, const unsigned char *from, size_t length)
{
    for (size_t at = 0; at < length;) {
        size_t end = at + LINE_FILE_BYTES < length ? at + LINE_FILE_BYTES : length;
        for (; at < end; at = at + 3 < end ? at + 3 : end)
            to = encode_group(to, from + at, end - at);
        to = mempcpy(to, "\r\n", 2);
    }
    return to;
}

static char *read_file(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        perror(path);
        exit(66);
    }
    *length = (size_t)ftell(file);
    rewind(file);
    char *bytes = get_memory(*length + 1);
    if (fread(bytes, 1, *length, file) != *length) {
        perror(path);
        exit(66);
    }
    fclose(file);
    return bytes;
}

struct load_body load_body_of_file(const char *path, const char *type)
{
    size_t length;
    char *file = read_file(path, &length);
    const char *slash = strrchr(path, '/');
    struct load_body body = {.is_multipart = true};
    body.data =
        get_memory((length / LINE_FILE_BYTES + 1) * LINE_BYTES + 2 * strlen(path) + strlen(type) + 1024);
    char *end = put_head(body.data, slash == NULL ? path : slash + 1, type);
    end = encode(end, (const unsigned char *)file, length);
    end = mempcpy(end, tail, sizeof tail - 1);
    body.length = (size_t)(end - body.data);
    free(file);
    return body;
}

struct load_body load_body_of_parts(const char *path)
{
    struct load_body body = {.is_multipart = true};
    body.data = read_file(path, &body.length);
    return body;
}

/* NOLINTEND(bugprone-not-null-terminated-result) */
