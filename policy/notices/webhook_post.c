#include "notices/webhook_post.h"

#include "notices/webhook.h"

#include <curl/curl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

enum { CONNECT_MS = 5000, WHOLE_MS = 10000, ANSWER_BYTES_MAX = 65536 };

struct webhook_post {
    CURL *curl;
    bool (*is_ending)(void *context);
    void *context;
    size_t answer_bytes;
    char error[CURL_ERROR_SIZE];
};

bool webhook_init(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}

/* What the server says beside its status is nobody's concern, and bounded. */
static size_t forget_answer(char *data, /* NOLINT(readability-non-const-parameter): libcurl's type */
                            size_t size, size_t count, void *context)
{
    struct webhook_post *post = context;
    (void)data;
    post->answer_bytes += size * count;
    return post->answer_bytes > ANSWER_BYTES_MAX ? 0 : size * count;
}

static int ask_whether_ending(void *context, curl_off_t download_total, curl_off_t downloaded,
                              curl_off_t upload_total, curl_off_t uploaded)
{
    const struct webhook_post *post = context;
    (void)download_total, (void)downloaded, (void)upload_total, (void)uploaded;
    return post->is_ending(post->context) ? 1 : 0;
}

/* All that stays the same for every request. False: this libcurl cannot do it. */
static bool set_up(struct webhook_post *post)
{
    CURL *curl = post->curl;
    return curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_PROXY, "") == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)WHOLE_MS) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_USERAGENT, "closedrelay/" CLOSEDRELAY_VERSION) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, post->error) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, forget_answer) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_WRITEDATA, post) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, ask_whether_ending) == CURLE_OK &&
           curl_easy_setopt(curl, CURLOPT_XFERINFODATA, post) == CURLE_OK &&
           /* The server may have gone away between two notices. */
           curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L) == CURLE_OK;
}

struct webhook_post *webhook_post_create(bool (*is_ending)(void *context), void *context)
{
    struct webhook_post *post = calloc(1, sizeof *post);
    if (post == NULL)
        return NULL;
    post->is_ending = is_ending;
    post->context = context;
    post->curl = curl_easy_init();
    if (post->curl == NULL || !set_up(post)) {
        webhook_post_destroy(post);
        return NULL;
    }
    return post;
}

void webhook_post_destroy(struct webhook_post *post)
{
    if (post == NULL)
        return;
    curl_easy_cleanup(post->curl);
    free(post);
}

/* "X-Closedrelay-Signature: sha256=HEX"; false: it cannot be made. */
static bool sign(struct slice secret, struct slice body, char *header, size_t header_bytes)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    if (HMAC(EVP_sha256(), secret.data, (int)secret.length, (const unsigned char *)body.data, body.length,
             digest, &length) == NULL)
        return false;
    int at = snprintf(header, header_bytes, "X-Closedrelay-Signature: sha256=");
    for (unsigned i = 0; i < length; i++)
        at += snprintf(header + at, header_bytes - (size_t)at, "%02x", digest[i]);
    return true;
}

static bool append(struct curl_slist **headers, const char *header)
{
    struct curl_slist *grown = curl_slist_append(*headers, header);
    if (grown != NULL)
        *headers = grown;
    return grown != NULL;
}

/* NULL: no memory. */
static struct curl_slist *make_headers(const struct post_request *request)
{
    struct curl_slist *headers = NULL;
    char signature[160], event[80];
    snprintf(event, sizeof event, "X-Closedrelay-Event: %s", request->event);
    /* "Expect:" takes out what libcurl would wait for. */
    bool good = append(&headers, "Content-Type: application/json") && append(&headers, "Expect:") &&
                append(&headers, event);
    if (good && request->secret.length > 0)
        good =
            sign(request->secret, request->body, signature, sizeof signature) && append(&headers, signature);
    if (good)
        return headers;
    curl_slist_free_all(headers);
    return NULL;
}

static enum post_result result_of(long status)
{
    if (status >= 200 && status < 300)
        return POST_TAKEN;
    return status == 0 || status >= 500 || status == 408 || status == 429 ? POST_FAILED : POST_REFUSED;
}

static enum post_result perform(struct webhook_post *post, char *trouble, size_t trouble_bytes)
{
    long status = 0;
    post->answer_bytes = 0;
    post->error[0] = '\0';
    const CURLcode code = curl_easy_perform(post->curl);
    curl_easy_getinfo(post->curl, CURLINFO_RESPONSE_CODE, &status);
    /* An answer that is too long is one all the same. */
    if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && status != 0)) {
        snprintf(trouble, trouble_bytes, "%s",
                 post->error[0] != '\0' ? post->error : curl_easy_strerror(code));
        return POST_FAILED;
    }
    const enum post_result result = result_of(status);
    if (result != POST_TAKEN)
        snprintf(trouble, trouble_bytes, "the server answers %ld%s", status,
                 status >= 300 && status < 400
                     ? ", a redirection, which is not followed: name the address it leads to"
                     : "");
    return result;
}

enum post_result webhook_post_send(struct webhook_post *post, const struct post_request *request,
                                   char *trouble, size_t trouble_bytes)
{
    struct curl_slist *headers = make_headers(request);
    enum post_result result = POST_FAILED;
    const bool is_set =
        headers != NULL && curl_easy_setopt(post->curl, CURLOPT_URL, request->url) == CURLE_OK &&
        curl_easy_setopt(post->curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
        curl_easy_setopt(post->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.length) ==
            CURLE_OK &&
        curl_easy_setopt(post->curl, CURLOPT_POSTFIELDS, request->body.data) == CURLE_OK &&
        (request->ca_file[0] == '\0' ||
         curl_easy_setopt(post->curl, CURLOPT_CAINFO, request->ca_file) == CURLE_OK);
    if (is_set)
        result = perform(post, trouble, trouble_bytes);
    else
        snprintf(trouble, trouble_bytes, "the request cannot be made: out of memory");
    /* libcurl keeps neither. */
    curl_easy_setopt(post->curl, CURLOPT_HTTPHEADER, NULL);
    curl_easy_setopt(post->curl, CURLOPT_POSTFIELDS, NULL);
    curl_slist_free_all(headers);
    return result;
}
