# Random histories of conversations: labels that come, that say there is none any
# more, batches that are undone, people who join.  In the end labels are those of
# a base that was given only what is left, at once; and those of a rebuild.

use lib 't/lib';
use Audience::Test;
use JSON::PP ();

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });
my $json = JSON::PP->new->canonical;
my @values = ([qw(intent other)], ['sensitive', 'insensitive', undef, undef],
              [qw(positive negative neutral)]);
my @labels = qw(purchaseIntention priceSensitivity sentiment);

srand($ENV{SEED} // 20261122);
history("live$_", "plain$_") for 1 .. 3;
$t->finish;


sub history
{
    my ($live, $plain) = @_;
    my $n = 0;
    my @batches;

    for my $step (1 .. 14) {
        my ($gone) = grep { $_->{id} } map { $batches[rand @batches] } 1;

        if ($gone && $step > 4 && rand() < 0.3) {
            my $r = $t->delete("/v1/imports/$gone->{id}", tenant => $live);
            $t->wait_job($r->{json}{undo}{job}, tenant => $live);
            @batches = grep { $_ != $gone } @batches;
            next;
        }

        my @lines = map { line(++$n) } 1 .. 1 + int rand 6;
        push @batches, { id => taken($live, @lines), lines => \@lines };
    }

    taken($plain, @{ $_->{lines} }) for @batches;
    $t->wait_visible(tenant => $_) for $live, $plain;

    my $expected = people($plain);
    ok(scalar(grep { !/priceSensitivity/ } values %$expected),
       'somebody has no price label');
    is_deeply(people($live), $expected, "$live is what is left of it");
    is_deeply(counts($live), counts($plain), '… in its counts');

    $t->stop_worker;
    unlink glob "$t->{root}/segments/$live/*.seg";
    $t->expect_worker(qr/"base unusable"/);
    $t->start_worker;
    $t->wait_for('the segments to be there again', sub {
        glob "$t->{root}/segments/$live/*.seg" });
    $t->wait_for('its people', sub {
        $json->encode(people($live)) eq $json->encode($expected) });
    is_deeply(people($live), $expected, '… and rebuilt');
}


# Of a contact by phone, by e-mail, or by both, which joins two.
sub line
{
    my ($n) = @_;
    my ($phone, $email) = (int rand 6, int rand 6);
    my $by = int rand 5;

    return { id => "c-$n",
             ($by < 3 ? (phone => "1198765430$phone") : ()),
             ($by > 1 ? (email => "p$email\@example.com") : ()),
             labels => { map { my $of = $values[$_];
                               ($labels[$_] => $of->[rand @$of]) } 0 .. 2 },
             messages => [{ id => "m-$n", at => '2026-11-01T12:00:00Z',
                            from => 'customer', text => "Olá $n" }] };
}


sub taken
{
    my ($tenant, @lines) = @_;
    my $r = $t->post('/v1/conversations', join('', map { $json->encode($_) . "\n" }
                                               @lines),
                     type => 'application/x-ndjson', tenant => $tenant);

    my $import = $t->wait_import($r->{json}{id}, tenant => $tenant);
    is($import->{rows}{imported}, scalar @lines, "$tenant: a batch");
    return $import->{id};
}


sub people
{
    my ($tenant) = @_;
    my %people;

    for (@{ $t->query(undef, tenant => $tenant, limit => 1000)->{profiles} // [] }) {
        my %fields = %{ $_->{fields} };

        delete @fields{qw(created_at updated_at sources)};
        $people{ join ' ', map { $_ // '-' } @fields{qw(phoneNumber email)} }
            = $json->encode(\%fields);
    }
    return \%people;
}


sub counts
{
    my ($tenant) = @_;

    return { map { $_->{name} => "$_->{kind} $_->{type} $_->{filled} "
                                 . $_->{distinct} }
             grep { $_->{kind} eq 'label' }
             @{ $t->get('/v1/fields', tenant => $tenant)->{json}{items} } };
}
