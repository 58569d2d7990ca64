# Other settings find other people: after a start with another limit, weight,
# list, country or area code the people of all files are as a base has them into
# which the same files come now.  A start that changes nothing does nothing.
#
# Each person's rows are told by a column that only they have.

use lib 't/lib';
use Audience::Test;

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });
my @csv = (<<'ONE', <<'TWO', <<'THREE');
phoneNumber,email,name,row1,row2,row3
+5511987654321,ana@x.com,Ana Lima,1,,
+5511987654321,,Bia Souza,,1,
+5521912345679,loja@x.com,Caio Reis,,,1
ONE
phoneNumber,email,name,row4,row5,row6,row7
+351912345679,,Davi Reis,1,,,
+5511987654329,ana@x.com,Ana M. Lima,,1,,
912345679,,Caio Reis,,,1,
+5511933334444,loja@x.com,Caio Reis,,,,1
TWO
phoneNumber,email,name,row8,row9
+5511987654321,eva@x.com,,1,
912345679,eva@x.com,Davi Reis,,1
THREE
my ($news, $jobs) = (0, 0);

import($_) for qw(demo other);
$t->import_file('lone.csv', "phoneNumber\n1133334444\n", tenant => 'lone');
my %before = people();
is(join(' ', sort keys %before), '1+5 2 3+7 4 6 8+9', 'people of three files');


# --- nothing has changed ------------------------------------------------------

starts('a start', 0);
starts('a list in another order, with comments', 0,
       'resolution.listed' => listed(reverse(list()), '# nobody'));
starts('the country by its default', 0, 'resolution.country' => '');


# --- each of the settings -----------------------------------------------------

anew('a lower limit of people behind a phone', 'max_people_phone',
     'resolution.max_people_phone' => 1);
is(report()->{blocked}{count}, 2, 'two phones do not link any more');
anew('the limit of before', 'max_people_phone',
     'resolution.max_people_phone' => 8);
is_deeply({ people() }, \%before, 'everybody is back, by their ids');
is(report()->{blocked}{count}, 0, 'and the phones link');

anew('a weight', 'name_contradicts', 'resolution.name_contradicts' => 0);
my %joined = people();
is(join(' ', sort keys %joined), '1+2+5+6+8+9 3+7 4', 'names that say nothing');
is($joined{'1+2+5+6+8+9'}, $before{'1+5'}, 'the older id stays');
is($t->get("/v1/profiles/$before{'8+9'}")->{json}{id}, $before{'1+5'},
   'and the younger one answers');
anew('two at once', 'name_contradicts, threshold',
     'resolution.name_contradicts' => 90, 'resolution.threshold' => 65);
anew('as before', 'threshold', 'resolution.threshold' => 50);

anew('a value on the list', 'listed',
     'resolution.listed' => listed(list(), 'email loja@x.com'));
is(join(' ', sort keys %{{ people() }}), '1+5 2 3 4 6 7 8+9',
   'what it had joined is apart');
anew('no list', 'listed', 'resolution.listed' => '');
is_deeply({ people() }, \%before, 'nor anything on it');

anew('another country', 'country', 'resolution.country' => 'PT');
is(join(' ', sort keys %{{ people() }}), '1+5 2 3+7 4+8+9 6',
   'a number without a country is one of it');
is($t->count({ field => 'phoneNumber', op => 'equals',
               value => '+551133334444' }, tenant => 'lone'), 1,
   'and one that is none there stays what it was');
is(join(' ', map { $t->get('/v1/profiles/' . { people() }->{'4+8+9'})
                     ->{json}{provenance}{phoneNumber}{$_} } qw(value line)),
   '+351912345679 3', 'as its origin says');
anew('the country of before', 'country', 'resolution.country' => 'BR');
is_deeply({ people() }, \%before, 'is as if nothing had been');

anew('another area code', 'area_code', 'import.area_code' => '21');
is(join(' ', sort keys %{{ people() }}), '1+5 2 3+6+7 4 8+9',
   'local numbers are of there');
anew('the area code of before', 'area_code', 'import.area_code' => '11');


# --- what comes between -------------------------------------------------------

for my $point (qw(started prepared committed returned)) {
    my ($was, $is) = $point eq 'started' || $point eq 'committed' ? (8, 1)
                                                                  : (1, 8);

    $t->stop_worker;
    $t->write_worker_conf('resolution.max_people_phone' => $is);
    $t->start_worker(env => { AUDIENCE_FAULT => "rebuild:$point" }, wait => 0);
    my $status = $t->reap('worker', 120);
    is($status && $status & 127, 9, "a worker is killed when $point");
    $t->start_worker;
    settled();
    same_as_new("killed when $point");
}

# Both tenants had two such jobs, and the first of a doomed worker's was done
# where it was killed late; counts begin anew.
($news, $jobs) = (scalar told(), scalar rebuilds());
starts('and a start later', 0);

# An import under settings of which the base is not: of neither then.
$t->stop_worker;
$t->write_worker_conf('resolution.max_people_phone' => 1);
my $hold = $t->write_file('hold', '');
$t->start_worker(env => { AUDIENCE_HOLD => "rebuild:started=$hold" });
my ($job) = grep { $_->{state} eq 'running' || $_->{state} eq 'ready' }
            rebuilds();
is($t->post("/v1/jobs/$job->{id}/cancel", {})->{status}, 202,
   'somebody cancels it');
unlink $hold;
is($t->wait_job($job->{id})->{state}, 'cancelled', 'it does not run');
$t->wait_for('the other', sub { !grep { $_->{state} eq 'running' }
                                rebuilds('other') });
my $late = "phoneNumber,row10\n11987654321,1\n11955554444,1\n";
push @csv, $late;
$t->import_file('late.csv', $late);
$t->import_file('late.csv', $late, tenant => 'other');
($news, $jobs) = (scalar told(), scalar rebuilds());
starts('the settings of before', 1, 'resolution.max_people_phone' => 8);
like((told())[-1], qr/"because": ?"not known"/, 'as it is of neither');
same_as_new('an import between');

# A base that was unusable and is of other settings is built once.
$t->stop_worker;
unlink glob "$t->{root}/segments/demo/*.seg";
$t->expect_worker(qr/"base unusable"/);
$t->write_worker_conf('resolution.max_people_phone' => 1);
$t->start_worker;
settled();
is(scalar rebuilds(), ++$jobs, 'one job for both reasons');
same_as_new('lost segments');

$t->finish;


sub list { grep { !/^#|^$/ } split /\n/, $t->read_file('conf/listed.txt') }


sub listed
{
    my @lines = @_;
    return $t->write_file('listed' . ++$t->{lists}, join '', map { "$_\n" }
                                                            @lines);
}


sub import
{
    my ($tenant) = @_;

    for my $csv (@csv) {
        my $import = $t->import_file('crm.csv', $csv, tenant => $tenant);
        die "$import->{state}\n" if $import->{state} ne 'succeeded';
    }
}


# ( '1+3' => id, … )
sub people
{
    my ($tenant) = @_;
    my $found = $t->query(undef, tenant => $tenant // 'demo', limit => 100);

    return map {
        (join('+', sort { $a <=> $b } map { /^row(\d+)$/ ? $1 : () }
                        keys %{ $_->{fields} }) => $_->{id})
    } @{ $found->{profiles} };
}


# All that queries and the report say, but for ids and times.
sub base
{
    my ($tenant) = @_;
    my %report = %{ report($tenant) };
    my @people = @{ $t->query(undef, tenant => $tenant, limit => 100)
                      ->{profiles} };

    delete @report{qw(generation largest refused_joins)};
    delete @$_{qw(since people records)} for @{ $report{blocked}{items} };
    delete @{ $_->{fields} }{qw(created_at updated_at sources)} for @people;
    return { report => \%report, people => [
        map { $_->[1] } sort { $a->[0] cmp $b->[0] }
        map { [join('+', sort grep { /^row/ } keys %{ $_->{fields} }),
               $_->{fields}] } @people
    ] };
}


sub report
{
    my ($tenant) = @_;
    return $t->get('/v1/resolution/report', tenant => $tenant // 'demo')
             ->{json};
}


sub rebuilds
{
    my ($tenant) = @_;
    return grep { $_->{type} eq 'rebuild' }
           @{ $t->get('/v1/jobs?limit=1000', tenant => $tenant // 'demo')
                ->{json}{items} };
}


sub told
{
    return grep { /"people are found anew"/ && /"demo"/ }
           split /\n/, $t->worker_log;
}


# Until nothing of the sort is to be done any more.
sub settled
{
    for my $tenant (qw(demo other lone)) {
        $t->wait_for('people to be found anew', sub {
            !grep { $_->{state} !~ /^(done|cancelled)$/ } rebuilds($tenant);
        });
        $t->wait_visible(tenant => $tenant);
    }
}


# Starts with other settings; people are found anew so many times.
sub starts
{
    my ($what, $n, %settings) = @_;

    $t->restart_worker(%settings);
    settled();
    is(scalar rebuilds(), $jobs += $n, "$what: so many jobs");
    is(scalar told(), $news += $n, '… and lines of the log');
}


# The same, and as a base that is built now has it; the next start does nothing.
sub anew
{
    my ($what, $because, %settings) = @_;

    starts($what, 1, %settings);
    like((told())[-1], qr/"because": ?"\Q$because\E"/, '… that say why');
    same_as_new($what);
    starts('the next start', 0);
}


sub same_as_new
{
    my ($what) = @_;
    my $new = 'new' . ++$t->{bases};

    import($new);
    my $expected = base($new);
    is_deeply(base('demo'), $expected, "$what: as a new base has it");
    is_deeply(base('other'), $expected, '… for another tenant, too');
}
