#include "store/redis_link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void redis_link_init(struct redis_link *link)
{
    *link = (struct redis_link){.socket = -1};
}

void redis_link_close(struct redis_link *link)
{
    if (link->tls != NULL)
        SSL_free(link->tls);
    if (link->socket >= 0)
        close(link->socket);
    link->tls = NULL;
    link->socket = -1;
    link->wants_write = false;
}

void redis_link_deinit(struct redis_link *link)
{
    redis_link_close(link);
    SSL_CTX_free(link->context);
    link->context = NULL;
}

/* ---- connecting ------------------------------------------------------------------------------------- */

static bool begin(struct redis_link *link, int family, const struct sockaddr *where, socklen_t length)
{
    const int one = 1;
    link->socket = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (link->socket < 0)
        return false;
    if (family != AF_UNIX)
        setsockopt(link->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return connect(link->socket, where, length) == 0 || errno == EINPROGRESS;
}

static bool connect_unix(struct redis_link *link, const char *path)
{
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof where.sun_path) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(where.sun_path, path, strlen(path) + 1);
    return begin(link, AF_UNIX, (const struct sockaddr *)&where, sizeof where);
}

static bool connect_inet(struct redis_link *link, const struct redis_place *place)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    if (getaddrinfo(place->host, place->port, &hints, &found) != 0 || found == NULL) {
        errno = EHOSTUNREACH;
        return false;
    }
    const bool is_begun = begin(link, found->ai_family, found->ai_addr, found->ai_addrlen);
    const int error = errno;
    freeaddrinfo(found);
    errno = error;
    return is_begun;
}

bool redis_link_connect(struct redis_link *link, const struct redis_address *address,
                        const struct redis_place *place)
{
    return address->path != NULL ? connect_unix(link, address->path) : connect_inet(link, place);
}

int redis_link_connected(const struct redis_link *link)
{
    int error = 0;
    socklen_t length = sizeof error;
    return getsockopt(link->socket, SOL_SOCKET, SO_ERROR, &error, &length) != 0 ? errno : error;
}

/* ---- TLS -------------------------------------------------------------------------------------------- */

static bool load_files(SSL_CTX *context, const struct redis_address *address)
{
    const char *key = address->key_file != NULL ? address->key_file : address->cert_file;
    const bool has_roots = address->ca_file != NULL
                               ? SSL_CTX_load_verify_locations(context, address->ca_file, NULL) == 1
                               : SSL_CTX_set_default_verify_paths(context) == 1;
    return has_roots && (address->cert_file == NULL ||
                         (SSL_CTX_use_certificate_chain_file(context, address->cert_file) == 1 &&
                          SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1));
}

static bool make_context(struct redis_link *link, const struct redis_address *address)
{
    if (link->context != NULL)
        return true;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context == NULL)
        return false;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    /* What is left of the output may lie elsewhere at the next try, and be longer. */
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (!load_files(context, address)) {
        SSL_CTX_free(context);
        return false;
    }
    link->context = context;
    return true;
}

/* The certificate is to name the host that was asked for: its name, or its address. */
static bool expect_host(SSL *tls, const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls), host) == 1;
    return SSL_set1_host(tls, host) == 1 && SSL_set_tlsext_host_name(tls, host) == 1;
}

static bool begin_tls(struct redis_link *link, const struct redis_address *address,
                      const struct redis_place *place)
{
    if (!make_context(link, address))
        return false;
    link->tls = SSL_new(link->context);
    return link->tls != NULL && SSL_set_fd(link->tls, link->socket) == 1 &&
           expect_host(link->tls, place->host);
}

enum redis_link_step redis_link_shake_hands(struct redis_link *link, const struct redis_address *address,
                                            const struct redis_place *place, const char **why)
{
    ERR_clear_error();
    if (link->tls == NULL && !begin_tls(link, address, place)) {
        *why = "ca_file, cert_file or key_file cannot be used";
        return REDIS_LINK_FAILED;
    }
    const int done = SSL_connect(link->tls);
    link->wants_write = false;
    if (done == 1)
        return REDIS_LINK_DONE;
    const int error = SSL_get_error(link->tls, done);
    link->wants_write = error == SSL_ERROR_WANT_WRITE;
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return REDIS_LINK_LATER;
    const long verified = SSL_get_verify_result(link->tls);
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());
    *why = verified != X509_V_OK ? X509_verify_cert_error_string(verified)
           : reason != NULL      ? reason
                                 : "the server closed it";
    return REDIS_LINK_FAILED;
}

/* ---- bytes ------------------------------------------------------------------------------------------ */

static ssize_t tls_result(struct redis_link *link, int count)
{
    link->wants_write = false;
    if (count > 0)
        return count;
    const int error = SSL_get_error(link->tls, count);
    link->wants_write = error == SSL_ERROR_WANT_WRITE;
    if (error == SSL_ERROR_ZERO_RETURN)
        return 0;
    errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : ECONNRESET;
    return -1;
}

ssize_t redis_link_read(struct redis_link *link, char *bytes, size_t size)
{
    if (link->tls == NULL)
        return recv(link->socket, bytes, size, 0);
    ERR_clear_error();
    return tls_result(link, SSL_read(link->tls, bytes, (int)size));
}

ssize_t redis_link_write(struct redis_link *link, const char *bytes, size_t size)
{
    static const size_t MOST = 1 << 20;
    if (link->tls == NULL)
        return send(link->socket, bytes, size, MSG_NOSIGNAL);
    ERR_clear_error();
    return tls_result(link, SSL_write(link->tls, bytes, (int)(size < MOST ? size : MOST)));
}
