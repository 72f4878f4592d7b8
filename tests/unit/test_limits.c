/* Limits of this machine: they depend on it, so only what holds on any is tested. */
#include "djtest.h"

#include <sched.h>
#include <unistd.h>

#include "dj/limits.h"

static void a_binding_is_respected(void)
{
    cpu_set_t all, one;
    size_t first = 0;

    CPU_ZERO(&all);
    DJ_CHECK(sched_getaffinity(0, sizeof(all), &all) == 0);
    DJ_CHECK_INT(dj_limit_cpus(), CPU_COUNT(&all));
    while (!CPU_ISSET(first, &all)) {
        first++;
    }
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    DJ_CHECK(sched_setaffinity(0, sizeof(one), &one) == 0);
    DJ_CHECK_INT(dj_limit_cpus(), 1);
    DJ_CHECK(sched_setaffinity(0, sizeof(all), &all) == 0);
}

static void a_memory_limit_is_below_the_machines_memory(void)
{
    const int64_t machine = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);

    DJ_CHECK(dj_limit_memory() >= 0);
    DJ_CHECK(dj_limit_memory() < machine);
}

int main(void)
{
    DJ_TEST(a_binding_is_respected);
    DJ_TEST(a_memory_limit_is_below_the_machines_memory);
    return 0;
}
