# Any single allocation of an nginx worker fails while it answers a call: the call
# gets 500 or 503, or its connection is closed where nginx has no memory for that;
# the worker lives, gives back what it took, and answers the next call.

use lib 't/lib';
use Audience::Test;
use IO::Socket::INET;

my $shared;
my $t = Audience::Test->prepare;
my $build = Audience::Stack->build;

# nginx says of each that it failed.
$t->expect_nginx(qr/\[emerg\].*(malloc|calloc|posix_memalign)\(.*failed/);
$t->write_file('shared', "\0" x 24);
$t->{options}{nginx_env} = {
    FAILING_MALLOC => "$t->{dir}/shared",
    preload => "$build/t/preload/failing_malloc.so",
};
$t->start_worker;
$t->start_nginx;
open $shared, '+<:raw', "$t->{dir}/shared" or die "shared: $!";


sub put { my ($at, $bytes) = @_; sysseek $shared, $at, 0; syswrite $shared, $bytes }
sub got { sysseek $shared, 0, 0; sysread $shared, my $bytes, 24; unpack 'L3 x4 q', $bytes }

my $people = join '', map { sprintf "+55119%08d,Pessoa %d,%d,%s\n", $_, $_, $_ % 90,
                                    $_ % 3 ? 'sim' : '' } 1 .. 3000;
my $csv = "phoneNumber,name,idade,cliente\n$people";
my $sent = "phoneNumber,name\n" . join '', map { "+55118$_,x\n" } 10000000 .. 10002000;

$t->import_file('crm.csv', $csv);
my $audience = $t->post('/v1/audiences', { name => 'a',
    filter => { field => 'idade', op => 'less_than', value => 30 } })->{json};
my $export = $t->post("/v1/audiences/$audience->{id}/exports", {})->{json};
my ($link) = $t->wait_export($export->{id})->{url} =~ m{(/e/.*)};
my $boundary = 'x' x 30;

# Tenants whose base no nginx worker has opened yet.
my @unopened = map { "t$_" } 1 .. 40;
$t->upload('a.csv', "phoneNumber\n+5511900000001\n", tenant => $_) for @unopened;
for my $tenant (@unopened) {
    $t->wait_for('its base', sub { -e "$t->{root}/segments/$tenant/MANIFEST" });
}

my %calls = (
    'a query' => sub { $t->post('/v1/query', { filter => { all => [
        { field => 'idade', op => 'between', value => [20, 40] },
        { any => [{ field => 'name', op => 'contains', value => '7' },
                  { audience => $audience->{id} }] }] },
        limit => 20, fields => ['name', 'idade'] }) },
    'fields' => sub { $t->get('/v1/fields') },
    'values' => sub { $t->get('/v1/fields/name/values?q=pessoa') },
    'a distribution' => sub { $t->post('/v1/distribution', { field => 'idade',
        filter => { field => 'cliente', op => 'exists' } }) },
    'an upload' => sub { $t->upload('novo.csv', $sent) },
    'a form' => sub { $t->upload('novo.csv', $sent, multipart => 1) },
    'lines' => sub { $t->post('/v1/extras',
        qq({"phone": "+5511900000001", "extras": {"a": "1"}}\n) x 200,
        type => 'application/x-ndjson') },
    'a file' => sub { $t->get($link) },
    'a call that is passed on' => sub { $t->get('/v1/imports') },
    'a base that is opened' => sub {
        $t->post('/v1/query', { filter => { all => [] }, limit => 1 },
                 tenant => shift @unopened) },
);


# Blocks that the worker holds while nothing happens.
sub held
{
    my ($before, $now);

    $t->wait_for('the worker to rest', sub {
        $before = $now // -1;
        select undef, undef, undef, 0.02;
        $now = (got())[3];
        $now == $before;
    });
    return $now;
}


my ($worker) = $t->nginx_workers;

for my $name (sort keys %calls) {
    subtest $name => sub {
        my $call = $calls{$name};
        my (%seen, %lost);
        my $once = $name eq 'a base that is opened';

        my $r = $call->();
        like($r->{status}, qr/^20[02]$/, 'is answered') or diag($r->{text});
        my $ok = $r->{status};
        $call->() unless $once;

        for (my ($n, $again, $least) = (1, 0, 0); $n < 1000; $n++) {
            my $before = $once ? 0 : held();

            put(0, pack 'L3', $n, 0, 0);
            $r = $call->();
            my (undef, undef, $failed) = got();
            put(0, pack 'L3', 0, 0, 0);
            last unless $failed;

            $seen{ $r->{status} }++;
            last if $once && @unopened < 2;
            my $more = $once ? 0 : held() - $before;

            # What is made and kept is not lost: that is what shows every time,
            # and no more of it than the least time.
            $again = $more > 0 ? $again + 1 : 0;
            $least = $more if $again == 1 || $more < $least;
            $lost{$n} = $least if $again == 4;
            $again %= 4;
            $n-- if $again;
        }

        my $failed = 0;
        $failed += $_ for values %seen;
        cmp_ok($failed, '>', 3, "$failed allocations failed one by one");
        is_deeply([grep { !/^(?:$ok|500|503|599)$/ } sort keys %seen], [],
                  '… with answers that say so')
            or diag(join ' ', %seen);
        ok($seen{500} || $seen{503}, '… of ours, too');

        # OpenSSL's HMAC() loses two blocks where HMAC_CTX_new() has no memory.
        delete @lost{ grep { $lost{$_} == 2 } keys %lost } if $name eq 'a file';
        is_deeply(\%lost, {}, '… and nothing is lost');
        is($call->()->{status}, $ok, '… and the next call is answered');
        is_deeply([$t->nginx_workers], [$worker], '… by the same process');
    };
}

$t->finish;
