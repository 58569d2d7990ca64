# How rows became people, as a whole: GET /v1/resolution/report.

use lib 't/lib';
use Audience::Test;

my $t = Audience::Test->start;
my $report = report();

is_deeply($report, {
    generation => 0, profiles => 0, records => 0, largest => [],
    by_records => sizes(),
    blocked => { count => 0, items => [] },
    refused_joins => { count => 0, items => [] },
}, 'a tenant without data');

# Lia once, Mia twice, Nia six times, Oto 60 times.
my $crm = $t->import_file('crm.csv', "phoneNumber,name\n" . join '',
    "11911110001,Lia\n", "11911110002,Mia\n" x 2, "11911110003,Nia\n" x 6,
    "11911110004,Oto\n" x 60);

$report = report();
is_deeply([ @$report{qw(profiles records)} ], [ 4, 69 ], 'people and rows');
is_deeply($report->{by_records},
          sizes('1' => 1, '2' => 1, '5-9' => 1, '50+' => 1), 'by their size');
is_deeply([ map { $_->{records} } @{ $report->{largest} } ], [ 60, 6, 2, 1 ],
          'the largest first');
is($report->{largest}[0]{id}, holder('11911110004'), 'which is Oto');

# A phone behind which too many people stand, and one of the list.
my @names = qw(Ana Bento Carla Davi Elisa Fabio Gil Hugo Iara Joao);
my $office = $t->import_file('office.csv', "phoneNumber,name,email\n" . join '',
    map { "1133334444,$_ Prado,\n" } @names);
$t->import_file('nobody.csv', "phoneNumber,name,email\n"
    . join '', map { "1191111001$_,P $_,nao\@tem.com\n" } 0 .. 2);

$report = report();
is($report->{blocked}{count}, 2, 'two values do not link');
is_deeply([ map { "$_->{kind} $_->{value} $_->{why} $_->{profiles}" }
            @{ $report->{blocked}{items} } ],
          [ 'phone +551133334444 people 10', 'email nao@tem.com listed 3' ],
          'why, and how many hold them');
is($report->{refused_joins}{count}, $office->{refused_joins},
   'a value that does not link refuses no join');

# Brothers with one phone, and two documents with one e-mail.
my $kin = $t->import_file('kin.csv', "phoneNumber,name,email,taxDocument\n"
    . "11922220001,Caio Dias,,\n11922220001,Davi Dias,,\n"
    . "11922220002,Eva Dias,eva\@example.com,390.533.447-05\n"
    . "11922220003,Eva Dias,eva\@example.com,168.995.350-09\n");
is($kin->{refused_joins}, 2, 'an import says how many joins were refused');
ok(!exists $kin->{refusals}, 'but not which');

$report = report();
is($report->{refused_joins}{count}, 2, 'the report counts them');
my %because = map { $_->{because} => $_ } @{ $report->{refused_joins}{items} };
is_deeply($because{names}, {
    records => [ { import => $kin->{id}, line => 2 },
                 { import => $kin->{id}, line => 3 } ],
    profiles => [ map { profile($kin, $_) } 2, 3 ], because => 'names',
}, 'by names');
is_deeply($because{documents}{profiles}, [ map { profile($kin, $_) } 4, 5 ],
          'and by documents');

# What was counted once is not counted again by an import that meets it.
my $again = $t->import_file('again.csv',
                            "phoneNumber,name\n11922220002,Eva Dias\n");
is($again->{refused_joins}, 0, 'a pair is one import\'s');
is(report()->{refused_joins}{count}, 2, 'and counts once');

is_deeply(report('other')->{largest}, [], 'other tenants see their own');

$t->delete("/v1/imports/$kin->{id}");
$t->wait_for('the undoing', sub {
    $t->get("/v1/imports/$kin->{id}")->{json}{state} eq 'undone'
});
is_deeply(report()->{refused_joins}, { count => 0, items => [] },
          'what an import had brought goes with it');

my $before = report();
$t->restart_worker;
is_deeply(report(), $before, 'the same after a restart');

$t->finish;


sub report
{
    my ($tenant) = @_;
    my $r = $t->get('/v1/resolution/report', tenant => $tenant || 'demo');
    is($r->{status}, 200, 'the report');
    return $r->{json};
}


sub sizes
{
    my %n = @_;
    return [ map { { records => $_, profiles => $n{$_} || 0 } }
             qw(1 2 3 4 5-9 10-49 50+) ];
}


sub holder
{
    my ($phone) = @_;
    return $t->get("/v1/profiles?phone=$phone")->{json}{items}[0]{id};
}


# Whose the row of an import is.
sub profile
{
    my ($import, $line) = @_;
    my ($id) = $t->get("/v1/imports/$import->{id}/profiles.csv")->{text}
               =~ /^$line,(\w+)/m;
    return $id;
}
