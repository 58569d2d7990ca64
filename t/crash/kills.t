# nginx and the worker are killed with -9 at random moments under random load,
# and started again: what was acknowledged is there, once.

use lib 't/lib';
use Audience::Crash;
use Audience::Oracle;
use Audience::Test;

# A job may be killed many times over: it is not its fault.
my $t = Audience::Test->start(worker => {
    'worker.job_max_attempts' => 100, 'import.area_code' => '11',
    'segmentation.fresh_people' => 1 });
my $oracle = Audience::Oracle->new($t, seed => seed());

$oracle->turn for 1 .. turns(5, 200);
$oracle->finish;
$t->finish;
