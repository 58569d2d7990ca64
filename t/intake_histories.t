# A random history of files, extras and campaign events, of which some are
# undone, of people who are split and erased: undoing leaves what was before,
# each field says which record it came from, and a base that is made anew from
# its records is the same.

use lib 't/lib';
use Audience::Test;
use JSON::PP ();

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });
my $json = JSON::PP->new->canonical;
my @imports;

srand 20261122;


sub one_of { $_[rand @_] }
sub phone  { sprintf '119876500%02d', int rand 12 }
sub email  { sprintf 'm%d@x.com', int rand 6 }


sub file
{
    my $import = $t->import_file('crm.csv', "phoneNumber,name,email,nota\n"
        . join '', map { join(',', phone(), one_of('Ana Lima', 'Bia', ''),
                              one_of('', '', email()), "n$_[0]") . "\n" } 1 .. 4);
    return $import->{id};
}


sub lines
{
    my ($path, @lines) = @_;

    my $r = $t->post($path, join('', map { $json->encode($_) . "\n" } @lines),
                     type => 'application/x-ndjson');
    die "$path: $r->{text}\n" if $r->{status} != 202;
    return $t->wait_import($r->{json}{id})->{id};
}


sub extras
{
    return lines('/v1/extras', map { {
        phone => phone(), extras => { loja => "L$_[0]", "x$_" => $_[0] }
    } } 1 .. 3);
}


sub events
{
    return lines('/v1/campaigns/events', map { {
        campaign => one_of(qw(Natal Natal BF)),
        one_of([phone => phone()], [email => email()])->@*,
        status => one_of(qw(sent failed delivered viewed read replied)),
        at => sprintf('2026-11-%02dT00:00:%02dZ', 1 + rand 20, rand 60),
    } } 1 .. 4);
}


sub coming { one_of(\&file, \&extras, \&events, \&events)->(@_) }


sub undo
{
    my ($id) = @_;

    is($t->delete("/v1/imports/$id")->{status}, 202, 'an import is undone');
    $t->wait_state("/v1/imports/$id", qr/^undone$/);
}


# Everybody, and which of their records are where.
sub people
{
    my %people;

    $t->wait_visible;
    for my $profile (@{ $t->query({ all => [] }, limit => 1000)->{profiles} }) {
        my %fields = %{ $profile->{fields} };
        delete @fields{qw(created_at updated_at)};
        $fields{sources} = [sort @{ $fields{sources} }] if ref $fields{sources};
        $people{ $profile->{id} } = \%fields;
    }

    return \%people;
}


sub somebody
{
    my @ids = sort keys %{ people() };
    return @ids ? $t->get('/v1/profiles/' . one_of(@ids))->{json} : undef;
}


sub split_somebody
{
    my $profile = somebody() or return;
    return if @{ $profile->{records} } < 2;

    my $record = one_of(@{ $profile->{records} });
    my $r = $t->post("/v1/profiles/$profile->{id}/split", { records => [
        { import => $record->{import}, line => $record->{line} } ] });
    is($t->wait_job($r->{json}{job})->{state}, 'done', 'a record is split off');
}


sub erase_somebody
{
    my $profile = somebody() or return;
    my $r = $t->delete("/v1/profiles/$profile->{id}");

    is($t->wait_job($r->{json}{job})->{state}, 'done', 'somebody is erased');
    ok(!people()->{ $profile->{id} }, '… and gone');
}


for my $step (1 .. 60) {
    my $what = int rand 10;

    if ($what < 6) {
        push @imports, coming($step);

    } elsif ($what == 6 && @imports > 3) {
        undo(splice @imports, rand @imports, 1);

    } elsif ($what == 7) {
        my $before = people();
        undo(coming($step));
        is_deeply(people(), $before, '… as if it had never been');

    } elsif ($what == 8) {
        split_somebody();

    } elsif ($step % 2) {
        erase_somebody();
    }
}

my $before = people();
my %wrong;

for my $id (sort keys %$before) {
    my $provenance = $t->get("/v1/profiles/$id")->{json}{provenance};

    for my $field (sort keys %$provenance) {
        my $value = $before->{$id}{$field} // '';
        $wrong{"$id $field"} = [$value, $provenance->{$field}{value}]
            if $value ne $provenance->{$field}{value};
    }
}

cmp_ok(scalar(keys %$before), '>', 5, 'there are people in the end');
is_deeply(\%wrong, {}, 'each field has the value of the record it came from');

my $generation = $t->query({ all => [] })->{generation};
$t->stop_worker;

for my $segment (glob $t->root . '/segments/demo/*.seg') {
    open my $file, '+<', $segment or die "$segment: $!";
    seek $file, 200, 0;
    print $file "\xa5\x5a\xa5\x5a";
}

$t->expect_worker(qr/"base unusable"/);
$t->start_worker;
$t->wait_for('the base to be made anew', sub {
    $t->query({ all => [] })->{generation} > $generation
});
is_deeply(people(), $before, 'a base that is made anew is the same');

$t->finish;
