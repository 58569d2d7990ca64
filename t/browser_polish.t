# Pages: what holds on all of them, or between the worker's words and theirs.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Test;
use utf8;

use JSON::PP ();

my $t = Audience::Test->start(
    import => 'max_size=3m max_rows=1200',
    worker => { 'languages.en' => 'en', 'languages.es' => 'es' },
);


# Two groups; of the first one in 250 has another plan, and one in twenty none,
# so that shares of all members and of those who have one differ.
sub people
{
    my @rows = map {
        my $first = $_ % 8 < 5;
        my @all = $first ? qw(Flamengo Completo WhatsApp Site)
                         : qw(Palmeiras Essencial Telefone Loja);

        $all[0] = $first ? 'Palmeiras' : 'Flamengo' if $_ % 11 == 0;
        $all[2] = 'E-mail' if $_ % 13 == 0;
        $all[1] = $_ == 8 ? 'Essencial' : $_ % 20 == 0 ? '' : $all[1];
        sprintf '119%08d,Pessoa %d,%s', 70_000_000 + $_, $_, join ',', @all;
    } 0 .. 407;

    return join "\n", 'phoneNumber,name,time do coração,plano,canal,origem',
                @rows, '';
}


# stack.found('tenant'): the group with that plan, found once; tenants are named
# after their language.
my %found;

sub found { my ($tenant) = @_; $found{$tenant} ||= find($tenant) }


sub find
{
    my ($tenant) = @_;
    my %who = (tenant => $tenant);
    my $file = people();

    utf8::encode($file);
    $t->import_file('crm.csv', $file, %who);

    my $run = $t->post('/v1/segmentations', { suggest_copies => JSON::PP::true },
                       %who)->{json};

    $t->wait_job($run->{job}, %who);
    $t->wait_visible(%who);

    my ($group) = grep {
        grep { $_->{value} eq 'Completo' && $_->{share} > 0.9 } @{ $_->{explanation} }
    } map { $t->get("/v1/audiences/$_->{id}", %who)->{json} }
      @{ $t->get("/v1/segmentations/$run->{id}", %who)->{json}{audiences} };

    return $group;
}


# stack.many('tenant', 55): as many audiences, the first of them the oldest.
sub many
{
    my ($tenant, $count) = @_;

    $t->import_file('few.csv', "phoneNumber,name,idade\n11987654321,Ana,31\n"
                    . "11987654322,Bia,45\n", tenant => $tenant);
    for my $n (1 .. $count) {
        my $r = $t->post('/v1/audiences',
            { name => "Campanha de relacionamento número $n, com um nome comprido",
              filter => { field => 'idade', op => 'less_than', value => $n } },
            tenant => $tenant);

        die $r->{text} if $r->{status} != 201;
    }
    return 1;
}

tell_stories($t, 'polish', found => \&found, many => \&many);

$t->finish;
