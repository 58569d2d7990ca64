# The filter builder, and its tree by itself.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Node 'run_node';
use Audience::Test;

my ($told, $status) = run_node('t/browser', 'filter.test.mjs');

is($status, 0, 'filters become trees and trees filters') or diag($told);

my $t = Audience::Test->start;

$t->import_file('clientes.csv', $t->read_file('conf/sample.csv'));

tell_stories($t, 'build');

$t->finish;
