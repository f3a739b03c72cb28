/*
 * inspect.h - look at one image and report what was found.
 *
 * The report is what the image role writes into its pipe: a word, a NUL and
 * then either the image table or one sentence for a person.
 *
 *	ok          a table follows (image_table.h)
 *	incomplete  the file is shorter than the image that it holds
 *	broken      it cannot be read as an image; the sentence says where
 *
 * An image is ISO 9660, or a tar archive (netboot).  An archive may be
 * compressed by gzip: then the table speaks of its content (gzip.h).  What is
 * wrong with the boot catalogue or with the FAT file system in it does not
 * break an image: those entries are missing, the rest is served.
 */
#ifndef HOBNAIL_MEDIA_INSPECT_H
#define HOBNAIL_MEDIA_INSPECT_H

#include "base/attr.h"
#include "base/span.h"
#include "base/strbuf.h"
#include "media/backing.h"

enum inspect_verdict {
	INSPECT_OK,
	INSPECT_INCOMPLETE,
	INSPECT_BROKEN,
	INSPECT_VERDICTS,
};

/* "ok", "incomplete", "broken". */
const char *inspect_verdict_name(enum inspect_verdict v);

/* Add the report on the image `b` to `report`, which is empty. */
void inspect_image(const struct backing *b, struct strbuf *report);

/*
 * Take a report apart: `*rest` is the table or the sentence.  NULL, or why it
 * is no report.
 */
MUST_USE const char *inspect_report_parse(
    struct span report, enum inspect_verdict *verdict, struct span *rest);

#endif
