# The worker killed with -9 while it imports and exports: what was accepted is
# done after the next start, once; nothing is ever half there.

use lib 't/lib';
use Audience::Test;
use Time::HiRes ();

my $t = Audience::Test->start;
my $rows = 8000;
my $tries = 10;

# Rounds overlap: half of the contacts of each are new.
for my $try (1 .. $tries) {
    my $first = ($try - 1) * $rows / 2;
    my $file = "phoneNumber,round,\"a column\"\n" . join '', map {
        sprintf "119%08d,%d,some text %d\n", $_, $try, $_ % 1000
    } $first .. $first + $rows - 1;

    my $before = $t->count({ all => [] });
    my $upload = $t->upload("$try.csv", $file);
    is($upload->{status}, 202, "upload $try is accepted");

    Time::HiRes::sleep(rand 0.25);
    $t->kill_worker;

    my $now = $t->count({ all => [] });
    ok($now == $before || $now == $first + $rows,
       'the edge answers meanwhile, from before or from after');

    $t->start_worker;
    my $import = $t->wait_import($upload->{json}{id});
    $t->wait_visible;

    is($import->{state}, 'succeeded', 'the import is done after the start');
    is($import->{rows}{imported}, $rows, 'all of it');
    is($t->count({ all => [] }), $first + $rows, 'every contact is there once');
    is($t->count({ field => 'round', op => 'equals', value => "$try" }), $rows,
       'as the newest file has it');
}

my $audience = $t->post('/v1/audiences', { name => 'All', filter => { all => [] } })
                 ->{json};

for my $try (1 .. 4) {
    my $export = $t->post("/v1/audiences/$audience->{id}/exports", {})->{json};

    Time::HiRes::sleep(rand 0.1);
    $t->kill_worker;
    $t->start_worker;

    $export = $t->wait_export($export->{id});
    is($export->{state}, 'done', "export $try is done after the start");

    my $text = $t->get($export->{url} =~ s{^http://[^/]+}{}r)->{text};
    is(() = $text =~ /\n/g, 1 + ($tries + 1) * $rows / 2, 'whole');
}

# A kill between the commit and the removal leaves the file to the sweeper.
my @left = map { m{/(imp_\w+)\.csv$} } glob "$t->{root}/spool/demo/*";

is_deeply([grep { $t->get("/v1/imports/$_")->{json}{state} ne 'succeeded' } @left],
          [], 'nothing in the spool waits any more');

$t->finish;
