# Random histories: conversations that come with labels and without, grow, are
# corrected, undone, and go with a person.  What there is to learn from is at any
# time what the conversations say.

use lib 't/lib';
use Audience::Test;
use JSON::PP ();

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });
my $json = JSON::PP->new->canonical;
my %values = (purchaseIntention => [qw(intent other)],
              priceSensitivity => ['sensitive', 'none', undef],
              sentiment => [qw(positive negative neutral)]);
my $people = 8;
my @ids = map { "c-$_" } 1 .. $people;
my ($messages, @imports, %seen) = (0);

srand($ENV{SEED} // 20261122);
step() for 1 .. 60;
ok($seen{$_}, "$_: $seen{$_} times") for qw(come correct undo erase);
$t->finish;


sub some { map { my $of = $values{$_}; ($_ => $of->[rand @$of]) }
           grep { rand() < $_[0] } sort keys %values }


sub step
{
    my $what = rand();
    my $id = $ids[rand @ids];

    $what = $what < 0.5 ? come($id) : $what < 0.7 ? correct($id)
            : $what < 0.93 ? undo() : erase($id);
    is_deeply(examples(), given(), $what);
    $seen{ (split / /, $what)[0] }++;
}


sub come
{
    my @lines = map { my ($n) = $_ =~ /(\d+)/;
        { id => $_, phone => sprintf('119876543%02d', $n), labels => { some(0.4) },
          messages => [map { { id => 'm-' . ++$messages, from => 'customer',
                               at => '2026-11-01T12:00:00Z', text => 'Olá' } }
                       0 .. rand 2] } } @_, map { $ids[rand @ids] } 0 .. rand 3;
    my $r = $t->post('/v1/conversations',
                     join('', map { $json->encode($_) . "\n" } @lines),
                     type => 'application/x-ndjson');

    push @imports, $t->wait_import($r->{json}{id})->{id};
    return 'come ' . @lines;
}


sub correct
{
    my ($id) = @_;
    my %labels = some(0.5);
    my $r = $t->put("/v1/conversations/$id/labels",
                    %labels ? \%labels : { sentiment => 'neutral' });

    return 'none is there' if $r->{status} == 404;
    push @imports, $t->wait_import($r->{json}{id})->{id};
    return 'correct ' . $json->encode(\%labels);
}


sub undo
{
    my ($id) = splice @imports, rand @imports, 1;
    return 'nothing to undo' unless $id;
    my $r = $t->delete("/v1/imports/$id");
    $t->wait_job($r->{json}{undo}{job});
    return 'undo';
}


# Somebody else comes instead.
sub erase
{
    my ($id) = @_;
    my $contact = ($t->get("/v1/conversations/$id")->{json} // {})->{contact};

    return 'nobody is there' unless $contact;
    $t->wait_visible;
    my ($who) = @{ $t->get("/v1/profiles?phone=%2B" . substr $contact->{phone}, 1)
                     ->{json}{items} };
    $t->wait_job($t->delete("/v1/profiles/$who->{id}")->{json}{job});
    is($t->get("/v1/conversations/$id")->{status}, 404, 'a conversation goes');
    @ids = ((grep { $_ ne $id } @ids), 'c-' . ++$people);
    return 'erase';
}


sub examples
{
    return { map { $_->{label} => $_->{examples} }
             @{ $t->get('/v1/models')->{json}{items} } };
}


sub given
{
    my %given = map { $_ => 0 } keys %values;

    for my $id (@ids) {
        my $labels = ($t->get("/v1/conversations/$id")->{json} // {})->{labels};
        $given{$_} += ($labels->{$_}{by} // '') =~ /sent|person/ for keys %given;
    }
    return \%given;
}
