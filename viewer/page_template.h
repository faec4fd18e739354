// The page without its data, as cmake/page.cmake puts it together of viewer/web: a text, with a mark where the data goes.
#ifndef RETICK_PAGE_TEMPLATE_H
#define RETICK_PAGE_TEMPLATE_H

#define TICK__PAGE_HEAD "<!doctype html>\n<!-- retick view -->\n"
#define TICK__PAGE_MARK "@DATA@"

extern const char tick__page_template[];

#endif
