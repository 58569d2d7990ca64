# Pages: the list of audiences, and what can be done to one there.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Made qw(made_audiences import_people create_audience);
use Audience::Test;

my $t = Audience::Test->start;

made_audiences($t, tenant => $_) for qw(pt-br en es);

import_people($t, tenant => 'many');
create_audience($t, "Campanha $_",
                { field => 'idade', op => 'less_than', value => $_ },
                tenant => 'many') for 1 .. 70;

tell_stories($t, 'audiences');

$t->finish;
