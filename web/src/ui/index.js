// Everything that pages are made of.

export { announce } from './announce.js';
export { AudienceMenu } from './audience_menu.js';
export { Combobox } from './combobox.js';
export { Confirm } from './confirm.js';
export { CopyButton } from './copy_button.js';
export { Dialog } from './dialog.js';
export { EmptyState } from './empty_state.js';
export { DateRange, SearchField, dayBound } from './fields.js';
export { fieldName, useFieldTexts } from './field_name.js';
export { Icon } from './icon.js';
export { Bar, Progress } from './measure.js';
export { Menu } from './menu.js';
export { Note } from './note.js';
export { Page } from './page.js';
export { Pager } from './pager.js';
export { Popover } from './popover.js';
export { ProblemNote, words as problemWords } from './problem_note.js';
export { Skeleton } from './skeleton.js';
export { Table } from './table.js';
export { Tag } from './tag.js';
export { toast } from './toast.js';
