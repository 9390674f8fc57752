#ifndef PL_SHEET_READERS_H
#define PL_SHEET_READERS_H

#include "sheet.h"

/* One reader a form; the bytes are within PL_SHEET_FILE_BYTES_MAX. */
PL_NODISCARD pl_status pl__sheet_from_xlsx(pl_sheet *sheet, pl_view bytes, pl_error *reterr);
PL_NODISCARD pl_status pl__sheet_from_tsv(pl_sheet *sheet, pl_view text, pl_error *reterr);
PL_NODISCARD pl_status pl__sheet_from_records(pl_sheet *sheet, pl_view text, pl_error *reterr);

#endif
