#include "record/cache_file.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

enum { CHECKSUM_BYTES = 8 };

uint64_t cache_hash(struct slice bytes)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325), word;
    for (; bytes.length >= sizeof word; bytes = slice_part(bytes, sizeof word, bytes.length)) {
        memcpy(&word, bytes.data, sizeof word);
        hash = (hash ^ le64toh(word)) * UINT64_C(0x100000001b3);
        hash ^= hash >> 29;
    }
    for (size_t i = 0; i < bytes.length; i++)
        hash = (hash ^ (unsigned char)bytes.data[i]) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 32;
}

static void append_number(struct strbuf *out, uint64_t number, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        strbuf_append_byte(out, (char)(unsigned char)(number >> (8 * i)));
}

void cache_append_u32(struct strbuf *out, uint32_t number)
{
    append_number(out, number, 4);
}

void cache_append_u64(struct strbuf *out, uint64_t number)
{
    append_number(out, number, 8);
}

uint32_t cache_read_u32(const unsigned char *bytes)
{
    uint32_t number;
    memcpy(&number, bytes, sizeof number);
    return le32toh(number);
}

uint64_t cache_read_u64(const unsigned char *bytes)
{
    uint64_t number;
    memcpy(&number, bytes, sizeof number);
    return le64toh(number);
}

static bool write_all(int descriptor, struct slice bytes)
{
    for (size_t done = 0; done < bytes.length;) {
        const ssize_t written = write(descriptor, bytes.data + done, bytes.length - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        done += (size_t)written;
    }
    return true;
}

void cache_append_checksum(struct strbuf *content)
{
    cache_append_u64(content, cache_hash(strbuf_slice(content)));
}

bool cache_file_write(const char *path, const struct strbuf *content)
{
    char *aside;
    if (content->failed || asprintf(&aside, "%s.new", path) < 0)
        return false;
    const int descriptor = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
    bool written = descriptor >= 0 && write_all(descriptor, strbuf_slice(content));
    if (descriptor >= 0 && close(descriptor) != 0)
        written = false;
    written = written && rename(aside, path) == 0;
    if (!written && descriptor >= 0)
        unlink(aside);
    free(aside);
    return written;
}

static bool read_all(int descriptor, char *bytes, size_t length)
{
    for (size_t done = 0; done < length;) {
        const ssize_t got = read(descriptor, bytes + done, length - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        done += (size_t)got;
    }
    return true;
}

bool cache_file_read(void *owner, const char *path, size_t bytes_max, struct slice *content)
{
    struct stat status;
    const int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *bytes = NULL;
    bool is_good = descriptor >= 0 && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) &&
                   status.st_size >= CHECKSUM_BYTES && (uint64_t)status.st_size <= bytes_max;
    if (is_good)
        bytes = talloc_size(owner, (size_t)status.st_size);
    is_good = bytes != NULL && read_all(descriptor, bytes, (size_t)status.st_size);
    if (is_good) {
        *content = slice_make(bytes, (size_t)status.st_size - CHECKSUM_BYTES);
        is_good = cache_read_u64((const unsigned char *)bytes + content->length) == cache_hash(*content);
    }
    if (!is_good)
        talloc_free(bytes);
    if (descriptor >= 0)
        close(descriptor);
    return is_good;
}
