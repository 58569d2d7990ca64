# Damaged segments: noticed at the start, rebuilt from the source records, and
# nothing is lost.

use lib 't/lib';
use Audience::Test;

my $t = Audience::Test->start;

my $rows = join '', map { "119876543$_,Ana $_," . ($_ % 7) . "\n" } 10 .. 60;

$t->import_file('crm.csv', "phoneNumber,name,idade\n$rows");
$t->import_file('more.csv', "phoneNumber,name\n11987654310,Ana Lima\n");

my $three = { field => 'idade', op => 'equals', value => 3 };
my $before = $t->query($three, limit => 50);
my $audience = $t->post('/v1/audiences', { name => 'x', filter => $three })
                 ->{json};

$t->stop_worker;
damage($_) for glob "$t->{root}/segments/demo/*.seg";
$t->start_worker;

$t->wait_for('the segments to be published anew', sub {
    $t->query($three)->{generation} > $before->{generation} + 1
});

my $after = $t->query($three, limit => 50);
is_deeply([@$after{qw(count total profiles)}],
          [@$before{qw(count total profiles)}],
          'with the same people and the same values');
is($t->get("/v1/audiences/$audience->{id}")->{json}{count}, $before->{count},
   'and the same audiences');

$t->import_file('last.csv', "phoneNumber,name\n11987654399,Caio\n");
is($t->count({ field => 'name', op => 'exists' }), 52,
   'imports go on afterwards');

like($t->worker_log, qr/"base unusable"/, 'the log says what had happened');
$t->expect_worker(qr/"base unusable"/);
$t->finish;


sub damage
{
    my ($path) = @_;

    open my $file, '+<', $path or die "$path: $!";
    seek $file, 200, 0;
    print $file "\xa5\x5a\xa5\x5a";
    close $file;
}
