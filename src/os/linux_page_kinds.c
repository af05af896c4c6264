// SPDX-License-Identifier: Apache-2.0
// Which kinds of page this system has, and whether its switches let this process have them.
#define _GNU_SOURCE
#include "os/linux.h"

#include "base/units.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define THP "/sys/kernel/mm/transparent_hugepage/"

uint64_t os_transparent_page_bytes(void) {
    char path[LINUX_PATH_BYTES];
    struct error error;
    uint64_t bytes;
    return linux_read_number(&bytes, linux_path(path, THP "hpage_pmd_size"), &error) ? bytes : 0;
}

// Each size is asked for by its name, so that they come in order.
size_t os_page_kinds(const struct page_kind *kinds[OS_PAGE_KINDS_MAX]) {
    static const struct {
        enum page_source source;
        const char *before, *behind; // the number of KiB
    } files[] = {
        {PAGES_LARGE, "/sys/kernel/mm/hugepages/hugepages-", "kB/nr_hugepages"},
        {PAGES_MTHP,  THP "hugepages-",                      "kB/enabled"     },
    };
    const uint64_t thp_bytes = os_transparent_page_bytes();
    size_t count = 0;
    kinds[count++] = page_kind_base();
    for (size_t i = 0; i < COUNT_OF(files); i++) {
        if (files[i].source == PAGES_MTHP && thp_bytes)
            kinds[count++] = page_kind_of(PAGES_TRANSPARENT, 0);
        for (uint64_t bytes = 2 * os_base_page_bytes(); bytes && count + 1 < OS_PAGE_KINDS_MAX;
             bytes *= 2) {
            char path[LINUX_PATH_BYTES];
            linux_path(path, "%s%" PRIu64 "%s", files[i].before, bytes / KIB, files[i].behind);
            bool is_thp = files[i].source == PAGES_MTHP && bytes == thp_bytes;
            if (!is_thp && access(path, F_OK) == 0)
                kinds[count++] = page_kind_of(files[i].source, bytes);
        }
    }
    kinds[count++] = page_kind_of(PAGES_PAGEABLE, os_base_page_bytes());
    return count;
}

// ---- the switches -------------------------------------------------------------------------------

// Reads the switch that decides over transparent pages of this size: since Linux 6.8 there is one
// for each size, which may say "inherit" (Linux kernel,
// Documentation/admin-guide/mm/transhuge.rst).
static bool read_thp_switch(uint64_t page_bytes, char path[LINUX_PATH_BYTES], char *word,
                            size_t word_bytes, struct error *error) {
    linux_path(path, THP "hugepages-%" PRIu64 "kB/enabled", page_bytes / KIB);
    struct error absent; // as before 6.8, which is no fault of the caller's question
    char *text = linux_read(path, &absent);
    bool decides = text && strcmp(linux_choice(word, word_bytes, text), "inherit") != 0;
    free(text);
    if (decides)
        return true;
    linux_path(path, THP "enabled");
    text = linux_read(path, error);
    if (!text)
        return false;
    linux_choice(word, word_bytes, text);
    free(text);
    return true;
}

bool linux_thp_is_on(uint64_t page_bytes, struct error *error) {
    char path[LINUX_PATH_BYTES], word[32];
    if (page_bytes == 0)
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "this system has no transparent huge pages: %shpage_pmd_size cannot be "
                         "read (is the kernel built with CONFIG_TRANSPARENT_HUGEPAGE?)",
                         THP);
    if (!read_thp_switch(page_bytes, path, word, sizeof word, error))
        return false;
    char size[UNITS_TEXT_BYTES];
    if (strcmp(word, "never") == 0)
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "transparent huge pages of %s are switched off, %s says never; switch "
                         "them on: echo madvise | sudo tee %s",
                         units_format_bytes(page_bytes, size), path, path);
    // man: PR_SET_THP_DISABLE(2const); inherited from the parent process.
    if (prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 1)
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "transparent huge pages are switched off for this process: what started "
                         "it called prctl(PR_SET_THP_DISABLE)");
    return true;
}

// ---- what is offered ----------------------------------------------------------------------------

static bool mthp_is_offered(const struct page_kind *kind, struct error *error) {
    char path[LINUX_PATH_BYTES];
    if (kind->bytes == os_transparent_page_bytes())
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "--pages %s: transparent pages of that size are the kind thp here: take "
                         "--pages thp",
                         kind->name);
    linux_path(path, THP "hugepages-%" PRIu64 "kB/enabled", kind->bytes / KIB);
    if (access(path, F_OK) != 0)
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "--pages %s: this kernel has no transparent pages of that size (there is "
                         "no %s; Linux has some from 6.8 on); take one of the kinds that numaprobe "
                         "list pages shows",
                         kind->name, path);
    return linux_thp_is_on(kind->bytes, error);
}

static bool ordinary_is_offered(const struct page_kind *kind, struct error *error) {
    return kind->bytes == os_base_page_bytes() ||
           error_set(error, ERROR_KIND_REFUSED, 0,
                     "pages of %s are asked, but the ordinary page of this kernel has %" PRIu64
                     " bytes: take --pages %s",
                     kind->name, os_base_page_bytes(), page_kind_base()->name);
}

bool os_page_kind_offered(const struct page_kind *kind, uint64_t *page_bytes, struct error *error) {
    *page_bytes = kind->bytes ? kind->bytes : os_transparent_page_bytes();
    switch (kind->source) {
    case PAGES_ORDINARY:
        return ordinary_is_offered(kind, error);
    case PAGES_TRANSPARENT:
        return linux_thp_is_on(*page_bytes, error);
    case PAGES_MTHP:
        return mthp_is_offered(kind, error);
    case PAGES_PHYSICAL:
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "pages of kind %s exist on Windows only: numaprobe list pages shows the "
                         "kinds here",
                         kind->name);
    default: // of a pool: what its node says
        return true;
    }
}
