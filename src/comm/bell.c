/* A bell is a datagram socket with an abstract name: it leaves no file behind. */
#include "comm/bell.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void dj_bell_choose(char name[DJ_BELL_NAME])
{
    uint64_t number[2];

    name[0] = '\0';
    if (getrandom(number, sizeof(number), GRND_NONBLOCK) == (ssize_t)sizeof(number)) {
        (void)snprintf(name, DJ_BELL_NAME, "%016" PRIx64 "%016" PRIx64, number[0],
                       number[1]);
    }
}

static socklen_t address_of(const struct dj_bell *bell, int rank,
                            struct sockaddr_un *address)
{
    int len;

    *address = (struct sockaddr_un){ .sun_family = AF_UNIX };
    len = snprintf(address->sun_path + 1, sizeof(address->sun_path) - 1, "dj-mpi-%s-%d",
                   bell->name, rank);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
}

bool dj_bell_hang(struct dj_bell *bell, int rank)
{
    struct sockaddr_un address;
    const socklen_t len = address_of(bell, rank, &address);

    bell->fd = bell->name[0] == '\0'
                   ? -1
                   : socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (bell->fd >= 0 && bind(bell->fd, (const struct sockaddr *)&address, len) != 0) {
        dj_bell_take_down(bell);
    }
    return bell->fd >= 0;
}

void dj_bell_take_down(struct dj_bell *bell)
{
    if (bell->fd >= 0) {
        (void)close(bell->fd);
    }
    bell->fd = -1;
}

/* Where there is no room for one more it is ringing already. */
bool dj_bell_ring(const struct dj_bell *bell, int rank)
{
    struct sockaddr_un address;
    const socklen_t len = address_of(bell, rank, &address);

    return bell->fd >= 0 && (sendto(bell->fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL,
                                    (const struct sockaddr *)&address, len) == 1 ||
                             errno == EAGAIN || errno == ENOBUFS);
}

void dj_bell_wait(const struct dj_bell *bell, int milliseconds)
{
    struct pollfd look = { .fd = bell->fd, .events = POLLIN };
    char byte;

    (void)poll(&look, 1, milliseconds);
    while (recv(bell->fd, &byte, 1, MSG_DONTWAIT) >= 0) {
    }
}
