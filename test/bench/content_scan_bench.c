/*
 * How fast the content scan passes large messages: MB/s of message, one line a kind. Not run by ctest.
 *
 * usage: content_scan_bench [MEGABYTES]
 */
#include "scan/content/content_scan.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>
#include <time.h>

enum { CHUNK_BYTES = 65535, ROUNDS = 10 };

struct body {
    char *data;
    size_t length;
};

static double now_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void append(struct body *body, const char *data, size_t length)
{
    memcpy(body->data + body->length, data, length);
    body->length += length;
}

static void append_base64(struct body *body, const unsigned char *data, size_t length)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i + 3 <= length; i += 3) {
        unsigned bits = (unsigned)(data[i] << 16 | data[i + 1] << 8 | data[i + 2]);
        char group[4] = {alphabet[bits >> 18], alphabet[bits >> 12 & 63], alphabet[bits >> 6 & 63],
                         alphabet[bits & 63]};
        append(body, group, 4);
        if (i / 3 % 19 == 18)
            append(body, "\r\n", 2);
    }
}

/* Numbers from a fixed seed (xorshift), the same in every run. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* A zip whose one stored member holds `length` bytes: local header, data, directory, end. */
static size_t wrap_in_zip(unsigned char *file, size_t length)
{
    unsigned char local[34] = "PK\3\4\12\0\0\0\0\0\0\0\0\0", central[50] = "PK\1\2\12\0\12\0";
    unsigned char end[22] = "PK\5\6\0\0\0\0\1\0\1\0";
    const uint32_t size = (uint32_t)length, directory = (uint32_t)(34 + length), directory_size = 50;
    memcpy(local + 18, &size, 4);
    memcpy(local + 22, &size, 4);
    local[26] = 4;
    memcpy(local + 30, "data", 4);
    memcpy(central + 20, &size, 4);
    memcpy(central + 24, &size, 4);
    central[28] = 4;
    memcpy(central + 46, "data", 4);
    memcpy(end + 12, &directory_size, 4);
    memcpy(end + 16, &directory, 4);
    memmove(file + 34, file, length);
    memcpy(file, local, 34);
    memcpy(file + 34 + length, central, 50);
    memcpy(file + 84 + length, end, 22);
    return length + 106;
}

static struct body make_attachment(const char *name, size_t bytes, const char *kind)
{
    struct body body = {malloc(bytes / 3 * 4 + bytes / 20 + 65536), 0};
    unsigned char *file = malloc(bytes + 4096);
    uint64_t state = 88172645463325252u;
    if (body.data == NULL || file == NULL)
        abort();
    for (size_t i = 0; i < bytes; i++)
        file[i] = strcmp(kind, "text") == 0 ? (unsigned char)(i % 70 == 69 ? '\n' : 'a' + i % 26)
                                            : (unsigned char)next_random(&state);
    if (strcmp(kind, "pdf") == 0)
        memcpy(file, "%PDF-1.7\n", 9);
    size_t length = strcmp(kind, "zip") == 0 ? wrap_in_zip(file, bytes) : bytes;
    char head[512];
    int head_length = snprintf(
        head, sizeof head,
        "--B\r\nContent-Type: text/plain\r\n\r\nhello\r\n--B\r\nContent-Type: application/octet-stream\r\n"
        "Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=%s\r\n\r\n",
        name);
    append(&body, head, (size_t)head_length);
    append_base64(&body, file, length);
    append(&body, "\r\n--B--\r\n", 9);
    free(file);
    return body;
}

static struct body make_text(size_t bytes)
{
    struct body body = {malloc(bytes + 128), 0};
    if (body.data == NULL)
        abort();
    append(&body, "--B\r\nContent-Type: text/plain\r\n\r\n", 33);
    while (body.length < bytes)
        append(&body, "Lorem ipsum dolor sit amet, con-sectetur adipiscing elit, sed do eius\r\n", 72);
    append(&body, "--B--\r\n", 7);
    return body;
}

static size_t scan(const struct body *body)
{
    struct content_scan *scan = content_scan_create(NULL, NULL);
    content_scan_header(scan, slice_of("MIME-Version"), slice_of("1.0"));
    content_scan_header(scan, slice_of("Content-Type"), slice_of("multipart/mixed; boundary=B"));
    content_scan_end_of_headers(scan);
    size_t peak = 0;
    for (size_t at = 0; at < body->length; at += CHUNK_BYTES) {
        size_t length = body->length - at < CHUNK_BYTES ? body->length - at : CHUNK_BYTES;
        content_scan_body(scan, slice_make(body->data + at, length));
        size_t now = at / CHUNK_BYTES % 64 == 1 ? talloc_total_size(scan) : 0;
        peak = now > peak ? now : peak;
    }
    if (content_scan_end(scan) == NULL)
        abort();
    talloc_free(scan);
    return peak;
}

static void report(const char *name, struct body body)
{
    size_t peak = scan(&body);
    double start = now_seconds();
    for (int i = 0; i < ROUNDS; i++)
        scan(&body);
    double seconds = (now_seconds() - start) / ROUNDS;
    printf("%-34s %8.0f MB/s %8.2f ms %6zu kB\n", name, (double)body.length / seconds / 1e6, seconds * 1e3,
           peak / 1024);
    free(body.data);
}

int main(int argc, char **argv)
{
    size_t bytes = (size_t)(argc > 1 ? strtoul(argv[1], NULL, 10) : 21) * 1000000;
    report("base64, unknown content (a.dat)", make_attachment("a.dat", bytes, "random"));
    report("base64, PDF (a.pdf)", make_attachment("a.pdf", bytes, "pdf"));
    report("base64, text (a.txt)", make_attachment("a.txt", bytes, "text"));
    report("base64, zip, one stored member", make_attachment("a.zip", bytes, "zip"));
    report("base64, named zip, is none", make_attachment("a.zip", bytes, "random"));
    report("text lines", make_text(bytes));
    return 0;
}
