# Random histories of conversations: lines that begin one or go on with it, in any
# order of time, with labels or without; corrections; batches and corrections that
# are undone; people who join.  In the end labels are those of a base that was
# given only what is left; and those of a rebuild.

use lib 't/lib';
use Audience::Test;
use JSON::PP ();

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });
my $json = JSON::PP->new->canonical;
my @values = ([qw(intent other)], ['sensitive', 'insensitive', undef, undef],
              [qw(positive negative neutral)]);
my @labels = qw(purchaseIntention priceSensitivity sentiment);

my @texts = ('Oi', 'Quero comprar, quanto custa?', 'Muito caro! Tem desconto?',
             'Adorei, maravilhoso!', 'Odiei, péssimo atendimento!',
             'Desisto, não quero mais.', 'Obrigado');

srand($ENV{SEED} // 20261122);
history("live$_", "plain$_") for 1 .. 3;
$t->finish;


sub history
{
    my ($live, $plain) = @_;
    my (@left, %contact);
    my $n = 0;

    for my $step (1 .. 26) {
        my $dice = rand;
        my @said = map { $_->{lines} ? @{ $_->{lines} } : () } @left;

        if (@left && $step > 4 && $dice < 0.25) {
            my ($gone) = splice @left, rand @left, 1;
            undo($live, $gone->{id});

        } elsif (@said && $dice < 0.5) {
            my $of = $said[rand @said]{id};
            my %labels = map { label($_) } grep { rand() < 0.5 } 0 .. 2;
            next if !%labels;

            push @left, { id => corrected($live, $of, \%labels), of => $of,
                          labels => \%labels };

        } else {
            my @lines = map { line(++$n, \%contact) } 1 .. 1 + int rand 4;
            push @left, { id => taken($live, @lines), lines => \@lines };
        }
    }

    replay($plain, \%contact, @left);
    $t->wait_visible(tenant => $_) for $live, $plain;

    my $expected = people($plain);
    ok(scalar(grep { !/priceSensitivity/ } values %$expected),
       'somebody has no price label');
    is_deeply(people($live), $expected, "$live is what is left of it");
    is_deeply(counts($live), counts($plain), '… in its counts');
    is_deeply(conversations($live, \%contact), conversations($plain, \%contact),
              '… in its conversations');

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


# A correction of what came back later waits for it; one of what never came back
# says nothing but whom it was about.
sub replay
{
    my ($tenant, $contact, @left) = @_;
    my (%there, @waiting);

    for my $step (@left) {
        if ($step->{lines}) {
            taken($tenant, @{ $step->{lines} });
            $there{ $_->{id} } = 1 for @{ $step->{lines} };

        } else {
            push @waiting, $step;
        }

        my @now = grep { $there{ $_->{of} } } @waiting;
        @waiting = grep { !$there{ $_->{of} } } @waiting;
        corrected($tenant, $_->{of}, $_->{labels}) for @now;
    }

    my %gone = map { $_->{of} => 1 } @waiting;
    my @gone = map { taken($tenant, { id => $_, %{ $contact->{$_} }, messages => [
                         { at => '2026-11-01T12:00:00Z', from => 'customer',
                           text => 'Oi' }] }) } sort keys %gone;
    corrected($tenant, $_->{of}, $_->{labels}) for @waiting;
    undo($tenant, $_) for @gone;
}


sub undo
{
    my ($tenant, $import) = @_;
    my $r = $t->delete("/v1/imports/$import", tenant => $tenant);
    $t->wait_job($r->{json}{undo}{job}, tenant => $tenant);
}


sub label
{
    my ($i) = @_;
    my $of = $values[$i];

    return ($labels[$i] => $of->[rand @$of]);
}


# With a contact by phone, by e-mail, or by both, which joins two.
sub line
{
    my ($n, $contact) = @_;
    my $id = 'c-' . int rand 12;
    my ($phone, $email) = (int rand 6, int rand 6);
    my $by = int rand 5;

    $contact->{$id} //= { ($by < 3 ? (phone => "1198765430$phone") : ()),
                          ($by > 1 ? (email => "p$email\@example.com") : ()) };

    return { id => $id, %{ $contact->{$id} },
             (rand() < 0.3 ? (language => 'pt') : ()),
             (rand() < 0.3 ? (labels => { map { label($_) } 0 .. int rand 3 })
                           : ()),
             messages => [map { { id => "m-$n-$_",
                                  at => '2026-11-01T12:00:0' . int(rand 10) . 'Z',
                                  from => rand() < 0.8 ? 'customer' : 'agent',
                                  text => $texts[rand @texts] } }
                          1 .. 1 + int rand 2] };
}


sub corrected
{
    my ($tenant, $id, $labels) = @_;
    my $r = $t->put("/v1/conversations/$id/labels", $json->encode($labels),
                    tenant => $tenant);

    is($r->{status}, 202, "$tenant: a correction");
    return $t->wait_import($r->{json}{id}, tenant => $tenant)->{id};
}


# What the API shows of them, but when it was said so.
sub conversations
{
    my ($tenant, $contact) = @_;
    my %shown;

    for my $id (keys %$contact) {
        my $c = $t->get("/v1/conversations/$id", tenant => $tenant)->{json};
        delete $_->{at} for values %{ $c->{labels} // {} };
        delete $_->{import} for @{ $c->{messages} // [] };
        $shown{$id} = $json->encode($c->{labels} ? $c : {});
    }
    return \%shown;
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
