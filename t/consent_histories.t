# Random histories of files of every kind and lines, of people who refuse and agree,
# of imports that are undone.  What was let in is what a plain model of consent
# says; the base is one that was given only that, as lines where it came as files;
# exports leave out who has refused; a worker that starts again, and a base that is
# made anew, are the same.

use lib 't/lib';
use Audience::Test;
use JSON::PP ();

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });
my $json = JSON::PP->new->canonical;

srand($ENV{SEED} // 20261122);
my (@said, $n);                 # [import, identifier, refused], in order
history("live$_", "plain$_") for 1 .. 2;
$t->finish;


sub one_of { $_[rand @_] }


sub history
{
    my ($live, $plain) = @_;
    my @imports;

    (@said, $n) = ();

    for my $step (1 .. 24) {
        if (@imports > 4 && rand() < 0.25) {
            my ($gone) = splice @imports, rand @imports, 1;
            my $r = $t->delete("/v1/imports/$gone->{id}", tenant => $live);

            $t->wait_job($r->{json}{undo}{job}, tenant => $live);
            @said = grep { $_->[0] ne $gone->{id} } @said;
            next;
        }

        push @imports, coming($live, $step);
        $t->restart_worker if $step == 12;
    }

    for (@imports) {
        again($plain, $_) if @{ $_->{rows} };
    }
    $t->wait_visible(tenant => $_) for $live, $plain;

    my $expected = people($plain);
    cmp_ok(scalar(keys %$expected), '>', 3, 'there are people in the end');
    is_deeply(people($live), $expected, "$live is what was let in and is left");
    exports($live);

    $t->stop_worker;
    unlink glob "$t->{root}/segments/$live/*.seg";
    $t->expect_worker(qr/"base unusable"/);
    $t->start_worker;
    $t->wait_for('its people', sub {
        $json->encode(people($live)) eq $json->encode($expected) });
    is_deeply(people($live), $expected, '… and rebuilt');
}


# --- what comes -------------------------------------------------------------------

# An import of rows, each [whom, word, what]; its rows are those that were let in.
sub coming
{
    my ($tenant, $step) = @_;

    my $kind = one_of(qw(contacts contacts contacts extras campaigns
                         conversations));
    my $column = $kind eq 'contacts' && rand() < 0.7;
    my @rows = map { [whom(), $column ? one_of('sim', 'não', '') : '', ++$n] }
               1 .. 1 + int rand 5;
    my $id = send_rows($tenant, $kind, $column, rand() < 0.5, @rows);
    my @let_in = grep { let_in("new", @{$_}) } @rows;

    $_->[0] = $id for grep { $_->[0] eq 'new' } @said;

    my $import = $t->get("/v1/imports/$id", tenant => $tenant)->{json};
    is_deeply([@{ $import->{rows} }{qw(imported refused_opt_in)}],
              [scalar @let_in, @rows - @let_in], "$tenant $step: $kind");

    return { id => $id, kind => $kind, column => $column, rows => \@let_in };
}


# A person by one of their identifiers, or by both.
sub whom
{
    my $i = int rand 8;
    my %by = (phone => "+551198765430$i", email => "p$i\@x.com");
    return one_of({ %by }, { phone => $by{phone} }, { email => $by{email} });
}


sub refused
{
    my ($identifier) = @_;
    my ($last) = grep { $_->[1] eq $identifier } reverse @said;
    return $last && $last->[2];
}


sub let_in
{
    my ($import, $whom, $word) = @_;

    return !grep { refused($_) } values %$whom if $word eq '';
    push @said, map { [$import, $_, $word eq 'não'] } values %$whom;
    return $word eq 'sim';
}


# --- how it comes -----------------------------------------------------------------

sub again
{
    my ($tenant, $import) = @_;
    send_rows($tenant, $import->{kind}, $import->{column}, 0,
              @{ $import->{rows} });
}


sub send_rows
{
    my ($tenant, $kind, $column, $as_file, @rows) = @_;

    if ($kind eq 'contacts') {
        return $t->import_file('crm.csv', "phoneNumber,email,nota"
            . ($column ? ",Opt-in\n" : "\n") . join('', map {
                join(',', $_->[0]{phone} // '', $_->[0]{email} // '',
                     "n$_->[2]", $column ? $_->[1] : ()) . "\n" } @rows),
            tenant => $tenant)->{id};
    }

    my $r = $as_file ? as_file($tenant, $kind, @rows)
                     : as_lines($tenant, $kind, @rows);
    die "$kind: $r->{text}\n" if $r->{status} != 202;
    return $t->wait_import($r->{json}{id}, tenant => $tenant)->{id};
}


sub as_lines
{
    my ($tenant, $kind, @rows) = @_;
    my %paths = (extras => '/v1/extras', campaigns => '/v1/campaigns/events',
                 conversations => '/v1/conversations');

    my @lines = map { { %{ $_->[0] }, what($kind, $_->[2]) } } @rows;
    return $t->post($paths{$kind}, join('', map { $json->encode($_) . "\n" } @lines),
                    type => 'application/x-ndjson', tenant => $tenant);
}


sub as_file
{
    my ($tenant, $kind, @rows) = @_;
    my @header = $kind eq 'extras' ? qw(loja)
        : $kind eq 'campaigns' ? qw(id campaign status at)
        : qw(conversation message at from text);
    my (@first, @rest);

    for (@rows) {
        my %what = what($kind, $_->[2]);
        my @messages = @{ delete $what{messages} // [{}] };

        for my $message (@messages) {
            my %cells = $kind eq 'conversations'
                ? (conversation => $what{id}, %$message, message => $message->{id})
                : $kind eq 'extras' ? %{ $what{extras} } : %what;
            my $line = join(';', map { s/"/""/gr =~ s/.*/"$&"/r } $_->[0]{phone} // '',
                            $_->[0]{email} // '', @cells{@header});
            push @{ $message == $messages[0] ? \@first : \@rest }, $line;
        }
    }

    return $t->upload('x.csv', join("\n", join(';', 'Phone', 'E-mail', @header),
                                    @first, @rest), args => "kind=$kind",
                      tenant => $tenant);
}


# What is said of a contact, the same for a number wherever it comes.
sub what
{
    my ($kind, $of) = @_;
    my $at = sprintf '2026-11-01T12:%02d:%02dZ', $of / 60, $of % 60;

    return (extras => { loja => "L$of" }) if $kind eq 'extras';
    return (id => "e-$of", campaign => $of % 2 ? 'Natal' : 'BF', at => $at,
            status => (qw(sent read replied))[$of % 3]) if $kind eq 'campaigns';
    return (id => "c-$of", messages => [
        { id => "m-$of", at => $at, from => 'customer',
          text => ('Quero comprar', 'Muito caro; que "pena"', 'Oi')[$of % 3] },
        { id => "n-$of", at => $at, from => 'agent', text => "Olá $of" } ]);
}


# --- what is seen --------------------------------------------------------------------

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


# Whoever has a phone, and has refused by neither of their identifiers.
sub exports
{
    my ($tenant) = @_;
    my @with_phone = grep { !/^-/ } sort keys %{ people($tenant) };
    my @left_out = grep { grep { refused($_) } split / / } @with_phone;
    my %out = map { $_ => 1 } @left_out;
    my @expected = map { /^(\S+)/ } grep { !$out{$_} } @with_phone;

    my $all = $t->post('/v1/audiences', { name => 'Todos',
                                          filter => { all => [] } },
                       tenant => $tenant)->{json}{id};
    my $r = $t->post("/v1/audiences/$all/exports", {}, tenant => $tenant);
    my $export = $t->wait_state("/v1/exports/$r->{json}{id}", qr/^done$/,
                                tenant => $tenant);
    my (undef, @rows) = split /\r\n/, $t->get($export->{url})->{text};

    is_deeply([sort map { /^([^,]*)/ } @rows], \@expected,
              "$tenant: exports hold who has not refused");
    is($export->{refused_opt_in}, scalar @left_out, '… and count the others');
}
