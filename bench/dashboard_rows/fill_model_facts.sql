-- fill_model_facts: what training might have said about the models that scored the payments.
--
-- Grain:   one row per model version
-- Units:   as model_facts
-- Source:  one model with a number of reviews a day, two with a share of the payments
INSERT INTO model_facts
VALUES
('m-made-up-1', 0.71, 40, 0.01, '{90000,400,120,60,40,300,200,150,100,90}'),
('m-made-up-2', 0.74, NULL, 0.01, '{90200,380,110,50,40,310,210,150,110,95}'),
('m-made-up-3', 0.76, NULL, 0.01, '{90100,390,115,55,45,305,205,150,105,90}')
