# The filter builder's groups, audiences within, undoing; by keyboard alone.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Test;

my $t = Audience::Test->start;

$t->import_file('clientes.csv', $t->read_file('conf/sample.csv'));

tell_stories($t, 'build_groups');

$t->finish;
