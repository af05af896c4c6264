// SPDX-License-Identifier: Apache-2.0
// The report: one HTML file that needs nothing else and asks nobody for anything.
#ifndef NUMAPROBE_REPORT_PAGE_H
#define NUMAPROBE_REPORT_PAGE_H

#include "analyse/invariants.h"
#include "analyse/notes.h"
#include "report/compare_report.h"
#include "report/matrix.h"
#include "topology/topology.h"

struct page {
    const struct dataset *shown;
    const struct topology *topology;       // of the last run; NULL: its topology.xml is not there
    const struct compare_report *compared; // NULL: nothing to compare with
};

void page_write(const struct page *page, FILE *stream);

// How any page begins, up to its title: styles, and the policy that forbids to load anything.
void page_put_head(FILE *stream);

// Its sections, in their order. One that has nothing to show writes nothing.
void section_summary(const struct page *page, FILE *stream);
void section_checks(const struct page *page, FILE *stream);
void section_matrices(const struct page *page, FILE *stream);
void section_tiers(const struct page *page, FILE *stream);
void section_sets(const struct page *page, FILE *stream);
void section_bus(const struct page *page, FILE *stream);
void section_sweep(const struct page *page, FILE *stream);
void section_loaded(const struct page *page, FILE *stream);
void section_core_to_core(const struct page *page, FILE *stream);
void section_comparison(const struct page *page, FILE *stream);
void section_verification(const struct page *page, FILE *stream);
void section_provenance(const struct page *page, FILE *stream);
void section_rows(const struct page *page, FILE *stream);

// What must hold between the cells of the run, as invariants_find; 0 where more than one is shown,
// whose machines may differ.
size_t page_checks(const struct page *page, struct invariant invariants[INVARIANTS_MAX]);

// The last run: the one whose machine is shown.
const struct data_run *page_run(const struct page *page);

#endif
