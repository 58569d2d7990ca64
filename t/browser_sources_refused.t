# Data sources, as people meet them: files that are refused.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Test;

my $t = Audience::Test->start(import => 'max_size=10m max_rows=1000');

tell_stories($t, 'sources_refused');
$t->finish;
