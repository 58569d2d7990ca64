# One tenant's long list of work holds up nobody else: of files and exports that
# another tenant asks for behind it, each is done after a few of the first
# tenant's, however many wait.

use lib 't/lib';
use Audience::Crash;
use Audience::Test;

my $greedy = turns(30, 150);
my $t = Audience::Test->start(worker => { 'import.area_code' => '11',
                                          'worker.job_threads' => 1 });


sub contacts
{
    my ($first, $n) = @_;
    return "phoneNumber,name\n" . join '', map {
        sprintf "119%08d,Name %d\n", $_, $_ } $first .. $first + $n - 1;
}


sub ended
{
    my ($tenant) = @_;
    return map { $_->{finished_at} }
           grep { $_->{type} =~ /^(import|export)$/ && $_->{finished_at} }
           @{ $t->get('/v1/jobs?limit=1000', tenant => $tenant)
                ->{json}{items} };
}


for my $tenant (qw(greedy modest)) {
    $t->import_file('0.csv', contacts(1, 10), tenant => $tenant);
}
my %audience = map { $_ => $t->post('/v1/audiences', { name => 'All',
    filter => { all => [] } }, tenant => $_)->{headers}{location} }
    qw(greedy modest);
my %before = map { $_ => scalar ended($_) } qw(greedy modest);

$t->hold_jobs('import:started');
for my $n (1 .. $greedy) {
    my $r = $t->upload("$n.csv", contacts(1000 * $n, 1000), tenant => 'greedy');
    die "$r->{status}\n" if $r->{status} != 202;
    $r = $t->post("$audience{greedy}/exports", {}, tenant => 'greedy');
    die "$r->{status}\n" if $r->{status} != 202;
}

my @asked = map { $t->upload("$_.csv", contacts(10 * $_, 10),
                             tenant => 'modest')->{json} } 1 .. 3;
$t->release_jobs;
is($t->wait_import($_->{id}, tenant => 'modest')->{state}, 'succeeded',
   'a file of the other tenant is imported') for @asked;

my @modest = sort { $a cmp $b } ended('modest');
$t->wait_for('the others', sub { ended('greedy') >= $before{greedy} + 2 * $greedy });
my @greedy = sort { $a cmp $b } ended('greedy');
my $ahead = grep { $_ lt $modest[-1] } @greedy[$before{greedy} .. $#greedy];

# Turns are one to one, of imports and of exports.
cmp_ok($ahead, '<=', 15, "$ahead of " . 2 * $greedy
       . ' jobs of the first tenant were done before the 3 of the other');
$t->finish;
