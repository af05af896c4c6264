// SPDX-License-Identifier: Apache-2.0
#include "os/remedy.h"

#include "os/os.h"

#include <string.h>

char *os_remedy(const char *topic, const char *value, char text[OS_REMEDY_BYTES]) {
    const struct remedy *remedy = remedies_of_system;
    while (remedy->topic && strcmp(remedy->topic, topic) != 0)
        remedy++;
    if (!remedy->topic) {
        snprintf(text, OS_REMEDY_BYTES, "no remedy is known on this system");
        return text;
    }
    const char *place = strstr(remedy->text, "{}");
    CHECK(!place == !value);
    if (place)
        snprintf(text, OS_REMEDY_BYTES, "%.*s%s%s", (int)(place - remedy->text), remedy->text,
                 value, place + 2);
    else
        snprintf(text, OS_REMEDY_BYTES, "%s", remedy->text);
    return text;
}
