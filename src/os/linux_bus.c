// SPDX-License-Identifier: Apache-2.0
// The kinds of counters of the memory bus on Linux, the one that tells most first.
#include "os/linux_bus.h"
#include "os/linux_facts.h"

#include <stdio.h>

static const struct os_bus_kind *const kinds[] = {
    &linux_uncore,
    &linux_resctrl,
};
_Static_assert(COUNT_OF(kinds) <= OS_BUS_KINDS_MAX, "callers have room for OS_BUS_KINDS_MAX");
const size_t os_bus_kind_count = COUNT_OF(kinds);

bool os_bus_open(struct os_bus *bus, size_t kind, struct error *error) {
    CHECK(kind < COUNT_OF(kinds));
    *bus = (struct os_bus){.kind = kinds[kind], .source = kinds[kind]->name};
    return kinds[kind]->find(error) && kinds[kind]->open(bus, error);
}

bool os_bus_join(const struct os_bus *bus, struct error *error) {
    return !bus->kind->join || bus->kind->join(bus, error);
}

bool os_bus_read(const struct os_bus *bus, const struct id_set *cpus, struct os_bus_count *count,
                 struct error *error) {
    return bus->kind->read(bus, cpus, count, error);
}

void os_bus_close(struct os_bus *bus) {
    bus->kind->close(bus);
    *bus = (struct os_bus){0};
}

// "resctrl", or of each kind why it does not open.
void linux_read_bus(const struct fact_source *source, struct os_fact *fact) {
    (void)source;
    char found[sizeof fact->value] = "", reasons[2 * sizeof fact->value] = "";
    size_t found_length = 0, reasons_length = 0;
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct error error;
        if (kinds[i]->find(&error))
            found_length += (size_t)snprintf(found + found_length, sizeof found - found_length,
                                             "%s%s", found_length ? ", " : "", kinds[i]->name);
        else if (reasons_length < sizeof reasons)
            reasons_length += (size_t)snprintf(
                reasons + reasons_length, sizeof reasons - reasons_length, "%s%s: %.200s",
                reasons_length ? "; " : "", kinds[i]->name, error.text);
    }
    linux_fact_tell(fact, found_length > 0, "%s", found_length ? found : reasons);
}
