# Pages: one audience, made by hand or found.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Made 'made_audiences';
use Audience::Test;

my $t = Audience::Test->start;

made_audiences($t, tenant => $_) for qw(pt-br en es);
tell_stories($t, 'audience');

$t->finish;
