/* The report's section of logins that looked stolen, as text and as HTML; nothing where there is none. */
#ifndef CLOSEDRELAY_HISTORY_REPORT_SUSPECTS_PRINT_H
#define CLOSEDRELAY_HISTORY_REPORT_SUSPECTS_PRINT_H

#include "history/page_text.h"
#include "history/report_suspects.h"

void report_suspects_print_text(const struct report_suspects *suspects, struct page_text *page);
void report_suspects_print_html(const struct report_suspects *suspects, struct strbuf *out);

#endif
