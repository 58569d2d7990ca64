# Pages: my audiences.

use lib 't/lib';
use Audience::Browser 'tell_stories';
use Audience::Groups;
use Audience::Test;
use utf8;

use JSON::PP ();

my $t = Audience::Test->start(worker => { 'worker.job_max_attempts' => 1 });


sub bytes { my $text = shift; utf8::encode($text); $text }


# Each language has a tenant of its own, with two groups that stand out, as
# automatic audiences, and some manual ones.
sub people
{
    my (%who) = @_;
    my $people = Audience::Groups->new(seed => 5);
    my $file = bytes($people->csv(fans => 300, buyers => 160));

    # Fifths of the base by age, and somebody to be left out of exports.
    my ($head, @rows) = split /\n/, $file;
    my $n = 0;
    $file = join "\n", "$head,idade,cadastro",
            map({ sprintf '%s,%d,2026-%02d-10', $_, 18 + $n % 50,
                  1 + $n++ % 12 } @rows), '';
    $t->import_file('crm.csv', $file, %who);
}


sub segment
{
    my (%who) = @_;
    my $r = $t->post('/v1/segmentations',
                     { suggest_copies => JSON::PP::true }, %who);

    $t->wait_job($r->{json}{job}, %who);
    $t->wait_visible(%who);
}


sub create
{
    my ($name, $filter, %who) = @_;
    my $r = $t->post('/v1/audiences', { name => $name, filter => $filter }, %who);

    die $r->{text} if $r->{status} != 201;
    return $r->{json};
}


for my $language (qw(pt-BR en es)) {
    my %who = (tenant => lc $language, user => 'bia@example.com');
    my $young = { field => 'idade', op => 'less_than', value => 30 };

    people(%who);
    segment(%who);
    my $first = create('Jovens de Ouro', { all => [ $young,
        { field => 'plano', op => 'in', value => [ 'Ouro', 'Prata' ] },
        { not => { any => [
            { field => 'pet', op => 'equals', value => 'gato' },
            { field => 'cadastro', op => 'between',
              value => [ '2026-02-01', '2026-03-31' ] } ] } } ] }, %who);
    create('Ágeis', { all => [ { audience => $first->{id} },
                               { field => 'canal', op => 'exists' } ] }, %who);
    my $all = create('Todos', $young, %who);
    $t->patch("/v1/audiences/$all->{id}", { filter => { all => [] } }, %who);
}

create("Campanha $_", { field => 'idade', op => 'less_than', value => $_ },
       tenant => 'many') for people(tenant => 'many') ? 1 .. 70 : ();

tell_stories($t, 'audiences',
    restart_worker => sub { $t->restart_worker(@_); 1 },
    break_exports => sub {
        rename "$t->{root}/exports", "$t->{root}/exports.away" or die $!;
        $t->write_file('data/exports', '');
    },
    mend_exports => sub {
        unlink "$t->{root}/exports";
        rename "$t->{root}/exports.away", "$t->{root}/exports" or die $!;
    });

$t->finish;
