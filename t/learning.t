# Labels that people correct, or that come with conversations, are learned: when,
# with what figures, what the model then says, and where it is not used.

use lib 't/lib';
use Audience::News;
use Audience::Test;
use JSON::PP ();

my $t = Audience::Test->start(worker => { 'import.area_code' => '11' });
my $news = Audience::News->new($t);


sub of { $news->model(label => @_) }


# --- too little -----------------------------------------------------------------

my $items = $t->get('/v1/models')->{json}{items};
is_deeply([map { $_->{label} } @$items],
          [qw(purchaseIntention priceSensitivity sentiment)],
          'there is a model for each label');
is_deeply([@{ $items->[2] }{qw(examples needed model training)}],
          [0, 200, 'builtin', undef], '… the built-in classifier at first');
like($items->[2]{version}, qr/^builtin-1-[0-9a-f]{16}$/, '… of this version');

$news->give(199);
$news->take([map { $news->line("Quero $_", labels => { purchaseIntention => 'intent' }) }
             1 .. 3]);
is(of('sentiment')->{examples}, 199, 'examples are counted');
is(scalar($news->jobs), 0, '… and too few to learn from');
my $r = $t->post('/v1/models', {});
is_deeply([$r->{status}, @{ $r->{json} }{qw(type count limit)}],
          [409, '/problems/too-little-to-learn', 199, 200],
          '… also where somebody asks');


# --- enough ---------------------------------------------------------------------

my $last = $news->give(1);
$news->learned;
is(scalar($news->jobs), 1, 'from 200 on it is learned');
is(($news->jobs)[0]{state}, 'done', '… by a job');

my $model = of('sentiment');
my $training = $model->{training};
is_deeply([@$training{qw(examples texts better)}],
          [200, 200, JSON::PP::true], 'what was learned is told');
cmp_ok($training->{built_in}{accuracy}, '<', 0.5, '… the built-in figures');
cmp_ok($training->{learned}{accuracy}, '>', 0.9, '… and the learned ones');
cmp_ok($training->{learned}{macro_f1}, '>', 0.9, '… both of them');
like($training->{learned}{macro_f1}, qr/^[01](\.\d{1,4})?$/,
     '… with no more digits than people read');
like($model->{version}, qr/^learned-1-[0-9a-f]{16}$/, 'the model is used');
is($model->{version}, $training->{learned}{version}, '… which was learned');
is_deeply([@{ of('priceSensitivity') }{qw(examples model training)}],
          [0, 'builtin', undef], '… and no other');

my $labels = $news->labels('Oi, bom dia. Era a marmita. Tchau');
is_deeply([@{ $labels->{sentiment} }{qw(value by model version sentence)}],
          ['negative', 'classifier', 'learned', $model->{version},
           'Era a marmita.'], 'what it learned labels conversations');
cmp_ok($labels->{sentiment}{confidence}, '>', 0.5, '… as sure as it is');
is($labels->{purchaseIntention}{model}, 'builtin',
   '… and the built-in classifier the other labels');
is($news->labels('Vi a festa')->{sentiment}{value}, 'positive', 'another one');
is($news->labels('Era outra vez outra')->{sentiment}{value}, 'neutral', '… and another');

is($news->labels('Era a marmita', tenant => 'other')->{sentiment}{model}, 'builtin',
   "another tenant's conversations are not labelled by it");
is_deeply([@{ of('sentiment', tenant => 'other') }{qw(examples model training)}],
          [0, 'builtin', undef], '… nor does it see its figures');
is($t->get("/v1/jobs/" . ($news->jobs)[0]{id}, tenant => 'other')->{status}, 404,
   '… nor its job');


# --- when it is learned again -----------------------------------------------------

$news->give(10);
is(scalar($news->jobs), 1, 'a few more are no reason to learn again');
$news->give(12);
is(scalar($news->jobs), 2, 'a tenth more is');
$news->learned;
is(of('sentiment')->{training}{examples}, 222, '… from all that there is');
$news->give(3);
is(scalar($news->jobs), 2, '… and then again not');

$r = $t->post('/v1/models', {}, headers => { 'Idempotency-Key' => 'once' });
is($r->{status}, 202, 'who asks has it learned at once');
is($r->{headers}{location}, "/v1/jobs/$r->{json}{id}", '… by a job');
is($r->{json}{type}, 'learn', '… of that type');
is($t->wait_job($r->{json}{id})->{state}, 'done', '… which ends');
is($t->post('/v1/models', {}, headers => { 'Idempotency-Key' => 'once' })
     ->{json}{id}, $r->{json}{id}, 'a repeated request gets that job');
my $version = of('sentiment')->{version};
isnt($version, $model->{version}, 'other examples, another version');
$t->wait_job($t->post('/v1/models', {})->{json}{id});
is(of('sentiment')->{version}, $version, 'the same, the same');

for my $id (map { "c-$_" } 1 .. 36) {
    $t->put("/v1/conversations/$id/labels",
            { sentiment => 'neutral', purchaseIntention => 'other' });
}
$t->wait_for('corrections', sub { of('purchaseIntention')->{examples} == 39 });
is(of('sentiment')->{examples}, 225, 'who corrects one that was given adds none');
$news->learned;
is(scalar($news->jobs), 5, '… and a tenth that is other than it was is learned');


# --- where it is not better ---------------------------------------------------------

my %same = (tenant => 'same');
$news->take([map { my ($said, $value) = @{ (['Adorei, maravilhoso!', 'positive'],
                                      ['Odiei, péssimo!', 'negative'],
                                      ['Bom dia', 'neutral'])[$_ % 3] };
             $news->line("$said " . Audience::News::word($_), labels => { sentiment => $value }) }
       1 .. 210], %same);
$news->learned(%same);
$training = of('sentiment', %same)->{training};
is_deeply([$training->{better}, @{ of('sentiment', %same) }{qw(model)}],
          [JSON::PP::false, 'builtin'], 'a model that is not better is not used');
is($training->{built_in}{accuracy}, 1, '… as the built-in classifier was right');
is($news->labels('Adorei', %same)->{sentiment}{model}, 'builtin',
   '… and labels as before');

my %one = (tenant => 'one');
$news->take([map { $news->line(Audience::News::word($_),
                         labels => { sentiment => 'neutral' }) } 1 .. 200],
      %one);
$news->learned(%one);
$training = of('sentiment', %one)->{training};
like($training->{refused},
     qr/^0 different texts have sentiment "positive": 10 are needed/,
     'what nothing can be learned from is told');
is_deeply([@$training{qw(examples learned better)}], [200, undef, undef],
          '… without figures');


# --- what is taken back -------------------------------------------------------------

my $undone = $t->delete("/v1/imports/$last->{id}");
$t->wait_job($undone->{json}{undo}{job});
$news->learned;
is(of('sentiment')->{examples}, 224, 'what is undone is no example');
is(of('sentiment')->{training}{examples}, 224, '… and is not in the model');


# --- another built-in classifier ------------------------------------------------------

$version = of('sentiment')->{version};
my $lexicons = "$t->{dir}/lexicons";
system('cp', '-r', $t->repository . '/conf/lexicons', $lexicons) == 0 or die;
open my $fh, '>>:utf8', "$lexicons/pt/price.txt" or die;
print {$fh} "\n[sensitive]\n1 zzyzx\n";
close $fh;
$t->restart_worker('enrichment.lexicons' => $lexicons);
$news->learned;
$news->learned(%same);
$training = of('sentiment')->{training};
isnt($training->{built_in}{version}, $items->[2]{version},
     'models are learned again where the built-in classifier is another one');
is(of('sentiment')->{model}, 'learned', '… and used');
isnt(of('sentiment')->{version}, $version, '… in another version');
is(of('sentiment', %same)->{training}{built_in}{version},
   $training->{built_in}{version}, '… of every tenant');
my $before = $news->jobs;
$t->restart_worker('enrichment.lexicons' => $lexicons);
is(scalar($news->jobs), $before, 'once');

$t->finish;
