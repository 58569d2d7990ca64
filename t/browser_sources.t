# Data sources, as people meet them: files that go in.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Test;

my $t = Audience::Test->start;

tell_stories($t, 'sources');
$t->finish;
